// Durations: every spelling, both ways, and what is refused.
#include "base/duration.hpp"
#include "support/catch.hpp"

using namespace tempfail::base;
using namespace std::chrono_literals;

TEST_CASE("durations are read in every unit and combination") {
  CHECK(parse_duration("0s") == 0s);
  CHECK(parse_duration("7us") == 7us);
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("90s") == 90s);
  CHECK(parse_duration("1h30m") == 90min);
  CHECK(parse_duration(" 5d ") == 120h);
  CHECK(parse_duration("1w") == 168h);
  CHECK(parse_duration("1d1h1m1s1ms1us") == 25h + 61s + 1001us);
}

TEST_CASE("malformed durations are refused") {
  for (const char* text : {"", "5", "s", "5 s", "1.5h", "-1s", "5x", "1m1h", "1s1s", "5S", "1h 30m",
                           "1h30", "9223372036854775807s", "99999999999999999999s", "15250285w"})
    CHECK_FALSE(parse_duration(text));
}

TEST_CASE("durations are ten years at most") {
  CHECK(parse_duration("3660d") == longest_duration);
  CHECK(parse_duration("87840h") == longest_duration);
  CHECK_FALSE(exceeds_longest_duration("3660d"));
  for (const char* text : {"3660d1us", "3661d", "523w", "3659d24h1us", "15250284w",
                           "9223372036854775807us", "99999999999999999999w", "1w15250284d"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
    CHECK(exceeds_longest_duration(text));
  }
  for (const char* text : {"", "x", "99999999999999999999", "3661", "3661x", "1us3661d"})
    CHECK_FALSE(exceeds_longest_duration(text));
}

TEST_CASE("durations are written in the shortest exact spelling") {
  CHECK(to_string(Duration(0s)) == "0s");
  CHECK(to_string(Duration(90s)) == "1m30s");
  CHECK(to_string(Duration(3600s)) == "1h");
  CHECK(to_string(Duration(24h)) == "1d");
  CHECK(to_string(Duration(1500ms)) == "1s500ms");
  CHECK(to_string(Duration(-12s)) == "-12s");
  CHECK(to_string(Duration::max()) == "106751991d4h54s775ms807us");
  for (const Duration duration :
       {Duration(1), Duration(59s), Duration(36h + 7us), longest_duration})
    CHECK(parse_duration(to_string(duration)) == duration);
}
