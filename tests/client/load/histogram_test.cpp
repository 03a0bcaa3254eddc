// Percentiles are right to within two percent, whatever the values.
#include "client/load/histogram.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <vector>

using std::chrono::microseconds;
using tempfail::client::Histogram;

TEST_CASE("an_empty_histogram_says_zero") {
  const Histogram empty;
  CHECK(empty.percentile(50).count() == 0);
  CHECK(empty.mean().count() == 0);
  CHECK(empty.smallest().count() == 0);
}

TEST_CASE("small_values_are_exact") {
  Histogram histogram;
  for (int value = 0; value < 64; ++value) {
    histogram.add(microseconds(value));
  }
  CHECK(histogram.percentile(50).count() == 31);
  CHECK(histogram.percentile(100).count() == 63);
  CHECK(histogram.smallest().count() == 0);
  CHECK(histogram.largest().count() == 63);
}

TEST_CASE("large_values_are_right_to_within_two_percent") {
  for (const std::int64_t factor : {1, 37, 1'000, 123'457, 60'000'000}) {
    Histogram histogram;
    std::vector<std::int64_t> values;
    for (std::int64_t value = 1; value <= 1000; ++value) {
      values.push_back(value * value % 997 * factor + factor);
      histogram.add(microseconds(values.back()));
    }
    std::sort(values.begin(), values.end());
    for (const double percent : {1.0, 50.0, 90.0, 99.0, 99.9}) {
      const auto exact = static_cast<double>(values[static_cast<std::size_t>(percent * 10) - 1]);
      const auto found = static_cast<double>(histogram.percentile(percent).count());
      CHECK(found >= exact);
      CHECK(found <= exact * 1.02 + 1);
    }
    CHECK(histogram.percentile(100).count() == values.back());
  }
}

TEST_CASE("the_largest_value_there_is_has_a_bucket") {
  Histogram histogram;
  histogram.add(microseconds::max());
  histogram.add(microseconds(-5));
  CHECK(histogram.percentile(100) == microseconds::max());
  CHECK(histogram.smallest().count() == 0);
}
