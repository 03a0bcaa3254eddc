// How durations and events are put into words.
#include "support/catch.hpp"
#include "verdict/report_parts.hpp"
#include "verdict/wording.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
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

TEST_CASE("printable_lets_nothing_draw_on_a_terminal") {
  REQUIRE(printable("a\x1b[31mb") == "a\\x1b[31mb");
  REQUIRE(printable("a\r\nb\tc\x7f") == "a\\x0d\\x0ab\\x09c\\x7f");
  REQUIRE(printable("a\nb", true) == "a\nb");
  REQUIRE(printable("J\xC3\xBCrgen \xE2\x82\xAC \xF0\x9F\x93\xAC") ==
          "J\xC3\xBCrgen \xE2\x82\xAC \xF0\x9F\x93\xAC");
  REQUIRE(printable("\xFF\xC3") == "\\xff\\xc3");
  REQUIRE(printable("\xC2\x85") == "\\xc2\\x85");          // a control of 8 bits
  REQUIRE(printable("\xED\xA0\x80") == "\\xed\\xa0\\x80"); // a surrogate
  REQUIRE(printable("\xE2\x80\xAE") == "\\xe2\\x80\\xae"); // turns the text round
  REQUIRE(printable("\xEF\xBF\xBE") == "\\xef\\xbf\\xbe"); // forbidden in XML
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
