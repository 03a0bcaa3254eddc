// Suggestions for mistyped words.
#include "scenario/closest.hpp"
#include "support/catch.hpp"

#include <array>

using namespace tempfail::scenario;

TEST_CASE("edit distance counts insertions, deletions, replacements and swaps", "[closest]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("mail", "mial") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("disk-full", "diskfull") == 1);
}

TEST_CASE("the closest words come first, and strangers not at all", "[closest]") {
  constexpr std::array<std::string_view, 5> words = {"mailbox-full", "disk-full", "disc-full",
                                                     "greylisted", "healthy"};
  CHECK(closest("disk-ful", words, 3) == std::vector<std::string>{"disk-full", "disc-full"});
  CHECK(closest("disk-ful", words, 1) == std::vector<std::string>{"disk-full"});
  CHECK(closest("grey", words, 3) == std::vector<std::string>{"greylisted"});
  CHECK(closest("something else", words, 3).empty());
}
