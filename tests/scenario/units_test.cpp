// Amounts: every spelling, both ways, and what is refused.
#include "scenario/units.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::scenario;
using namespace std::chrono_literals;

TEST_CASE("ranges and rates have durations of ten years at most", "[units]") {
  CHECK_FALSE(parse_duration_range("1d..3661d"));
  CHECK_FALSE(parse_rate("1KB per 3661d"));
}

TEST_CASE("a duration so many times is the longest at most", "[units]") {
  CHECK(multiplied(90s, 0) == 0s);
  CHECK(multiplied(0s, std::numeric_limits<std::uint64_t>::max()) == 0s);
  CHECK(multiplied(90s, 3) == 270s);
  CHECK(multiplied(24h, 3660) == longest_duration);
  CHECK(multiplied(24h, 3661) == longest_duration);
  CHECK(multiplied(longest_duration, std::numeric_limits<std::uint64_t>::max()) ==
        longest_duration);
}

TEST_CASE("a moment and the longest duration fit together at every time scale", "[units]") {
  // A hundred days of real time at the highest scale are the latest moment that a clock of ours can tell.
  const Moment latest = std::chrono::hours(24 * 100) * std::int64_t{1000000};
  CHECK(latest < Moment::max() - 1000 * longest_duration);
}

TEST_CASE("sizes are read and written", "[units]") {
  CHECK(parse_size("4096") == 4096);
  CHECK(parse_size("4096 bytes") == 4096);
  CHECK(parse_size("1 byte") == 1);
  CHECK(parse_size("64KB") == 65536);
  CHECK(parse_size("10 MB") == 10U << 20U);
  CHECK(parse_size("1GB") == 1U << 30U);
  for (const char* text : {"", "KB", "64 K", "-1", "1.5MB", "4096 bits", "18446744073709551615GB"})
    CHECK_FALSE(parse_size(text));
  CHECK(size_to_string(0) == "0 bytes");
  CHECK(size_to_string(1) == "1 byte");
  CHECK(size_to_string(1500) == "1500 bytes");
  CHECK(size_to_string(262144) == "256KB");
  CHECK(size_to_string(std::uint64_t{3} << 30U) == "3GB");
}

TEST_CASE("rates are an amount per duration", "[units]") {
  CHECK(parse_rate("64KB per 1m") == Rate{65536, 1min});
  CHECK(parse_rate("10 per 1h") == Rate{10, 1h});
  CHECK(parse_rate("64KB/1m") == Rate{65536, 1min});
  for (const char* text : {"", "64KB", "64KB per", "per 1m", "0 per 1m", "5 per 0s", "5 per m"})
    CHECK_FALSE(parse_rate(text));
}

TEST_CASE("ranges are closed, open above, or a single value", "[units]") {
  CHECK(parse_duration_range("30m..4h") == Range<Duration>{30min, Duration(4h)});
  CHECK(parse_duration_range("30m..") == Range<Duration>{30min, std::nullopt});
  CHECK(parse_duration_range("30m") == Range<Duration>{30min, Duration(30min)});
  CHECK(parse_count_range("1..2") == Range<std::uint64_t>{1, 2});
  CHECK(parse_count_range("3..") == Range<std::uint64_t>{3, std::nullopt});
  CHECK(parse_count_range("3") == Range<std::uint64_t>{3, 3});
  for (const char* text : {"", "..", "..4h", "4h..30m", "30m...4h", "30m-4h"})
    CHECK_FALSE(parse_duration_range(text));
  for (const char* text : {"", "2..1", "a", "1..b", "-1..2"})
    CHECK_FALSE(parse_count_range(text));
  CHECK(to_string(Range<Duration>{30min, Duration(4h)}) == "30m..4h");
  CHECK(to_string(Range<Duration>{30min, std::nullopt}) == "30m..");
  CHECK(to_string(Range<Duration>{30min, Duration(30min)}) == "30m");
}
