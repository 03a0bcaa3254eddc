// How durations and events are put into words.
#include "report/parts.hpp"
#include "support/catch.hpp"
#include "verdict/wording.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::report;
using namespace std::chrono_literals;

TEST_CASE("wording_durations_have_two_units_at_most") {
  REQUIRE(spoken(0s) == "0s");
  REQUIRE(spoken(12s) == "12s");
  REQUIRE(spoken(11'980ms) == "12s");
  REQUIRE(spoken(9'350ms) == "9s350ms");
  REQUIRE(spoken(350ms) == "350ms");
  REQUIRE(spoken(744'412us) == "744ms");
  REQUIRE(spoken(999'700us) == "1s");
  REQUIRE(spoken(57'915'806us) == "58s");
  REQUIRE(spoken(412us) == "412us");
  REQUIRE(spoken(90min) == "1h30m");
  REQUIRE(spoken(26h + 5min) == "1d2h");
  REQUIRE(spoken(1h + 5s) == "1h");
  REQUIRE(spoken(-2min) == "-2m");
}

TEST_CASE("wording_ranges") {
  using Range = scenario::Range<Duration>;
  REQUIRE(spoken(Range{30min, 4h}) == "30m to 4h");
  REQUIRE(spoken(Range{30min, {}}) == "at least 30m");
  REQUIRE(spoken(Range{0s, 4h}) == "at most 4h");
  REQUIRE(spoken(Range{1h, 1h}) == "1h");
}

TEST_CASE("markup_is_escaped") {
  REQUIRE(escape_markup("<a & \"b\" 'c'>") == "&lt;a &amp; &quot;b&quot; &#39;c&#39;&gt;");
}

TEST_CASE("clock_time_reads_as_a_clock") {
  REQUIRE(clock_time(412ms) == "0.412s");
  REQUIRE(clock_time(59'999ms) == "59.999s");
  REQUIRE(clock_time(1h + 2min + 3s + 4ms) == "1:02:03.004");
  REQUIRE(clock_time(49h) == "49:00:00.000");
}
