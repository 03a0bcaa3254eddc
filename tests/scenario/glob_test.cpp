// Globs over names and addresses.
#include "scenario/glob.hpp"
#include "support/catch.hpp"

#include <string>

using tempfail::scenario::glob_matches;

TEST_CASE("globs match whole texts in either case", "[glob]") {
  CHECK(glob_matches("*@a.test", "bob@A.TEST"));
  CHECK_FALSE(glob_matches("*@a.test", "bob@a.test.example"));
  CHECK(glob_matches("b?b*", "bobby"));
  CHECK_FALSE(glob_matches("b?b", "bb"));
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("", ""));
  CHECK_FALSE(glob_matches("", "x"));
  CHECK(glob_matches("*x*y*z*", "axxbyycz"));
  CHECK_FALSE(glob_matches("*x*y*z", "axxbyyc"));
}

TEST_CASE("a glob with many stars ends soon on a text that does not match", "[glob]") {
  std::string pattern;
  for (int i = 0; i < 100; ++i)
    pattern += "*a";
  CHECK_FALSE(glob_matches(pattern + "b", std::string(5000, 'a')));
}
