// Something that fills in steps and drains, evenly or in steps: a disk, a mailbox, the allowance of a
// rate limit.
#pragma once

#include "scenario/units.hpp"

#include <cstdint>
#include <optional>

namespace tempfail::state {

/// A level over time, as a plain value. Exact: whole units (or steps) drain, and the time of one begun is kept.
class FillLevel {
 public:
  FillLevel() = default;
  FillLevel(std::uint64_t level, Moment since) : level_(level), since_(since) {}

  std::uint64_t level(const std::optional<scenario::Rate>& drain, Moment now) const;
  void add(std::uint64_t amount, const std::optional<scenario::Rate>& drain, Moment now);
  bool operator==(const FillLevel&) const = default;

 private:
  std::uint64_t level_ = 0; ///< at since_
  Moment since_{};
};

} // namespace tempfail::state
