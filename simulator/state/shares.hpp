// Which part of a whole belongs to which share, so that a change of the shares moves no more of it than it must.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tempfail::state {

/// The whole is the points from 0 to the sum of all parts. Each share owns pieces of it, as long together as its parts.
/// Pure: a changed layout follows from the one before.
class Shares {
 public:
  /// One after the other, in their order. At least one has parts.
  explicit Shares(std::span<const std::uint32_t> parts);

  /// A share that is to be.
  struct Wanted {
    std::uint32_t parts = 0;
    std::optional<std::size_t> before; ///< its index so far; nothing: it is new
  };
  /// Those that lose parts lose what they got last; those that gain get what is freed. So exactly as many points change
  /// hands as the shares differ. The sum of the parts stays what it was.
  Shares changed(std::span<const Wanted> wanted) const;

  /// Whose the point is.
  std::size_t owner_of(std::uint32_t point) const;

 private:
  struct Piece {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t length() const { return end - begin; }
  };
  /// Of one share, in the order in which it got them.
  using Pieces = std::vector<Piece>;

  Shares() = default;
  static void add(Pieces& pieces, Piece piece);
  void index();

  /// A border, and whose the points are from there to the next one.
  struct Border {
    std::uint32_t begin = 0;
    std::uint32_t owner = 0;
  };
  std::vector<Pieces> owned_;
  std::vector<Border> borders_; ///< ascending
};

} // namespace tempfail::state
