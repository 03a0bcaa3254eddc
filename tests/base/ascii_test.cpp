// Letters, digits and blanks: at the edges of their ranges, and beyond ASCII.
#include "base/ascii.hpp"
#include "support/catch.hpp"

using namespace tempfail::base;

TEST_CASE("ascii_case_is_of_letters_alone") {
  CHECK(lower("AZaz@[`{09\xC3\x84") == "azaz@[`{09\xC3\x84");
  CHECK(upper("AZaz@[`{09\xC3\xA4") == "AZAZ@[`{09\xC3\xA4");
}

TEST_CASE("ascii_texts_are_equal_but_for_case") {
  CHECK(equal_ignoring_case("Received", "rECEIVED"));
  CHECK(equal_ignoring_case("", ""));
  CHECK_FALSE(equal_ignoring_case("a", "ab"));
  CHECK_FALSE(equal_ignoring_case("ab", "a"));
  CHECK_FALSE(equal_ignoring_case("@", "`")); // 32 apart, as letters are
  CHECK_FALSE(equal_ignoring_case("[", "{"));
}

TEST_CASE("ascii_digits_and_letters") {
  for (int code = 0; code < 256; ++code) {
    const char c = static_cast<char>(code);
    CAPTURE(code);
    CHECK(is_digit(c) == (code >= '0' && code <= '9'));
    CHECK(is_letter(c) == ((code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z')));
  }
}

TEST_CASE("ascii_trimmed_at_both_ends") {
  CHECK(trimmed(" \ta b\t ") == "a b");
  CHECK(trimmed("a") == "a");
  CHECK(trimmed(" \t ").empty());
  CHECK(trimmed("").empty());
  CHECK(trimmed("\r\na\n") == "\r\na\n");
  CHECK(trimmed("\r\na \n", " \r\n") == "a");
}

TEST_CASE("ascii_is_seen_at_every_place_of_a_text") {
  for (std::size_t length = 0; length < 20; ++length) {
    std::string text(length, '\x7f');
    CHECK(is_ascii(text));
    for (char& c : text) {
      c = '\x80';
      CHECK_FALSE(is_ascii(text));
      c = '\x7f';
    }
  }
}
