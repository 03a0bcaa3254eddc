// Shares of a whole: how they are laid out, and what a change moves.
#include "state/shares.hpp"
#include "support/catch.hpp"

#include <random>
#include <vector>

using namespace tempfail::state;

namespace {

constexpr std::uint32_t whole = 1000;

std::vector<std::size_t> owners(const Shares& shares) {
  std::vector<std::size_t> list;
  for (std::uint32_t point = 0; point < whole; ++point)
    list.push_back(shares.owner_of(point));
  return list;
}

std::vector<std::uint32_t> parts_of(const std::vector<std::size_t>& owners, std::size_t count) {
  std::vector<std::uint32_t> parts(count);
  for (const std::size_t owner : owners)
    ++parts.at(owner);
  return parts;
}

/// Whole as the sum of random parts.
std::vector<std::uint32_t> random_parts(std::mt19937& random, std::size_t count) {
  std::vector<std::uint32_t> parts(count);
  for (std::uint32_t left = whole; left > 0;) {
    const std::uint32_t more = std::min(left, 1 + static_cast<std::uint32_t>(random() % 200));
    parts[random() % count] += more;
    left -= more;
  }
  return parts;
}

} // namespace

TEST_CASE("shares: one after the other, in their order") {
  const std::vector<std::uint32_t> parts = {300, 0, 699, 1};
  const Shares shares(parts);
  CHECK(shares.owner_of(0) == 0);
  CHECK(shares.owner_of(299) == 0);
  CHECK(shares.owner_of(300) == 2);
  CHECK(shares.owner_of(998) == 2);
  CHECK(shares.owner_of(999) == 3);
  CHECK(parts_of(owners(shares), parts.size()) == parts);
}

TEST_CASE("shares: a change moves exactly what it must, and back again") {
  const std::vector<std::uint32_t> parts = {300, 300, 400};
  const Shares before(parts);
  const std::vector<Shares::Wanted> wanted = {{200, 0}, {300, 1}, {500, 2}};
  const Shares after = before.changed(wanted);
  // Had the shares been laid out again, the second one's border would have moved as well.
  for (std::uint32_t point = 0; point < whole; ++point)
    CHECK(after.owner_of(point) == (point >= 200 && point < 300 ? 2 : before.owner_of(point)));
  const std::vector<Shares::Wanted> undone = {{300, 0}, {300, 1}, {400, 2}};
  CHECK(owners(after.changed(undone)) == owners(before));
}

TEST_CASE("shares: some go, some come, the order changes") {
  const std::vector<std::uint32_t> parts = {500, 200, 300};
  const Shares before(parts);
  // The second one is gone, a new one is the first, the third one comes before the first one.
  const std::vector<Shares::Wanted> wanted = {{250, std::nullopt}, {300, 2}, {450, 0}};
  const auto after = owners(before.changed(wanted));
  CHECK(parts_of(after, 3) == std::vector<std::uint32_t>{250, 300, 450});
  const auto was = owners(before);
  std::uint32_t moved = 0;
  constexpr std::size_t none = 99;
  constexpr std::size_t now_of[] = {2, none, 1};
  for (std::uint32_t point = 0; point < whole; ++point)
    moved += now_of[was[point]] == after[point] ? 0U : 1U;
  CHECK(moved == 250);
}

TEST_CASE("shares: however often they change, no change moves more than the shares differ") {
  std::mt19937 random(7);
  constexpr std::size_t count = 5;
  std::vector<std::uint32_t> parts = random_parts(random, count);
  Shares shares(parts);
  for (int round = 0; round < 300; ++round) {
    const std::vector<std::uint32_t> next = random_parts(random, count);
    std::vector<Shares::Wanted> wanted;
    std::uint32_t gained = 0;
    for (std::size_t i = 0; i < count; ++i) {
      wanted.push_back({next[i], i});
      if (next[i] > parts[i]) gained += next[i] - parts[i];
    }
    const auto before = owners(shares);
    shares = shares.changed(wanted);
    const auto after = owners(shares);
    CHECK(parts_of(after, count) == next);
    std::uint32_t moved = 0;
    for (std::uint32_t point = 0; point < whole; ++point)
      moved += before[point] == after[point] ? 0U : 1U;
    CHECK(moved == gained);
    parts = next;
  }
}
