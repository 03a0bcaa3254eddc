// Durations and dates as people write and read them.
#include "client/base/text.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;
using namespace std::chrono_literals;

TEST_CASE("duration_approximate_keeps_two_units") {
  CHECK(approximate(1h + 12min + 7s) == "1h 12m");
  CHECK(approximate(1h) == "1h");
  CHECK(approximate(48h + 3h) == "2d 3h");
  CHECK(approximate(59s) == "59s");
  CHECK(approximate(1h + 7s) == "1h");
}

TEST_CASE("dates_in_both_formats") {
  const Moment at{1'709'294'400s + 250ms}; // 1 March 2024, 12:00 UTC
  CHECK(to_rfc3339(at) == "2024-03-01T12:00:00.250Z");
  CHECK(to_rfc5322(at) == "Fri, 01 Mar 2024 12:00:00 +0000");
}
