// Log-linear buckets.
#include "client/load/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tempfail::client {

std::size_t Histogram::bucket_of(std::uint64_t value) {
  const unsigned width = static_cast<unsigned>(std::bit_width(value));
  if (width <= fine_bits) {
    return value;
  }
  const unsigned shift = width - fine_bits - 1;
  const std::size_t within = (value >> shift) - (std::uint64_t{1} << fine_bits);
  return (std::size_t{shift + 1} << fine_bits) + within;
}

std::uint64_t Histogram::largest_in(std::size_t bucket) {
  const std::size_t block = bucket >> fine_bits;
  if (block == 0) {
    return bucket;
  }
  const std::uint64_t within = bucket & ((std::size_t{1} << fine_bits) - 1);
  return ((((std::uint64_t{1} << fine_bits) + within + 1)) << (block - 1)) - 1;
}

void Histogram::add(std::chrono::microseconds value) {
  const auto count = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
  ++counts_[std::min(bucket_of(count), buckets - 1)];
  ++count_;
  sum_ += count;
  smallest_ = std::min(smallest_, count);
  largest_ = std::max(largest_, count);
}

std::chrono::microseconds Histogram::percentile(double percent) const {
  const auto wanted = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(static_cast<double>(count_) * percent / 100)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    seen += counts_[bucket];
    if (seen >= wanted) {
      return std::chrono::microseconds(std::min(largest_in(bucket), largest_));
    }
  }
  return std::chrono::microseconds(0);
}

std::chrono::microseconds Histogram::mean() const {
  return std::chrono::microseconds(count_ == 0 ? 0 : sum_ / count_);
}

} // namespace tempfail::client
