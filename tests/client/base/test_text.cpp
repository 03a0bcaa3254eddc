// Durations and dates as people write and read them.
#include "client/base/text.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;
using namespace std::chrono_literals;

TEST_CASE("duration_reads_and_writes_back") {
  for (const char* text : {"0s", "90us", "250ms", "1m30s", "1h", "5d", "2d4h"}) {
    CAPTURE(text);
    CHECK(to_string(*parse_duration(text)) == text);
  }
  CHECK(parse_duration("90s") == Duration{90s});
  CHECK(parse_duration("1w") == Duration{7 * 24h});
}

TEST_CASE("duration_refuses_what_is_not_one") {
  for (const char* text : {"", "h", "10", "-1h", "1 h", "1y", "99999999999w", "4000d", "1h30"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

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
