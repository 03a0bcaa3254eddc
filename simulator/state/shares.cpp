// Lays shares out, and moves their borders.
#include "state/shares.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::state {
Shares::Shares(std::span<const std::uint32_t> parts) {
  std::uint32_t begin = 0;
  for (const std::uint32_t length : parts) {
    Pieces& pieces = owned_.emplace_back();
    if (length != 0) pieces.push_back({begin, begin + length});
    begin += length;
  }
  index();
}

Shares Shares::changed(std::span<const Wanted> wanted) const {
  Shares next;
  next.owned_.resize(wanted.size());
  std::vector<bool> stays(owned_.size(), false);
  std::vector<std::uint32_t> missing(wanted.size(), 0);
  Pieces freed;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    std::uint32_t left = wanted[i].parts;
    if (wanted[i].before) {
      stays[*wanted[i].before] = true;
      for (const Piece& piece : owned_[*wanted[i].before]) {
        const std::uint32_t kept = std::min(left, piece.length());
        if (kept != 0) add(next.owned_[i], {piece.begin, piece.begin + kept});
        if (kept != piece.length()) freed.push_back({piece.begin + kept, piece.end});
        left -= kept;
      }
    }
    missing[i] = left;
  }
  for (std::size_t i = 0; i < owned_.size(); ++i)
    if (!stays[i]) freed.insert(freed.end(), owned_[i].begin(), owned_[i].end());
  std::sort(freed.begin(), freed.end(),
            [](const Piece& one, const Piece& other) { return one.begin < other.begin; });
  auto from = freed.begin();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    while (missing[i] != 0) {
      const std::uint32_t taken = std::min(missing[i], from->length());
      add(next.owned_[i], {from->begin, from->begin + taken});
      from->begin += taken;
      missing[i] -= taken;
      if (from->length() == 0) ++from;
    }
  }
  next.index();
  return next;
}

std::size_t Shares::owner_of(std::uint32_t point) const {
  const auto after = std::upper_bound(
      borders_.begin(), borders_.end(), point,
      [](std::uint32_t wanted, const Border& border) { return wanted < border.begin; });
  return std::prev(after)->owner;
}

void Shares::add(Pieces& pieces, Piece piece) {
  if (!pieces.empty() && pieces.back().end == piece.begin)
    pieces.back().end = piece.end;
  else
    pieces.push_back(piece);
}

void Shares::index() {
  borders_.clear();
  for (std::size_t i = 0; i < owned_.size(); ++i)
    for (const Piece& piece : owned_[i])
      borders_.push_back({piece.begin, static_cast<std::uint32_t>(i)});
  std::sort(borders_.begin(), borders_.end(),
            [](const Border& one, const Border& other) { return one.begin < other.begin; });
}

} // namespace tempfail::state
