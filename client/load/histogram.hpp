// Latencies, kept in buckets whose width grows with the value: any percentile to within two percent.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tempfail::client {

class Histogram {
 public:
  void add(std::chrono::microseconds value);

  std::uint64_t count() const { return count_; }
  /// The value that `percent` of all values do not exceed; zero when there are none.
  std::chrono::microseconds percentile(double percent) const;
  std::chrono::microseconds mean() const;
  std::chrono::microseconds smallest() const {
    return std::chrono::microseconds(count_ == 0 ? 0 : smallest_);
  }
  std::chrono::microseconds largest() const { return std::chrono::microseconds(largest_); }

 private:
  static constexpr unsigned fine_bits = 6; ///< 64 buckets for each power of two
  static constexpr std::size_t buckets = (64 - fine_bits) * (std::size_t{1} << fine_bits);

  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t largest_in(std::size_t bucket);

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t smallest_ = ~std::uint64_t{0};
  std::uint64_t largest_ = 0;
};

} // namespace tempfail::client
