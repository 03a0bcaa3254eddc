// Wrapping, columns, quoting, near misses.
#include "cli/text.hpp"
#include "support/catch.hpp"

using namespace tempfail::cli;

TEST_CASE("columns_counts_characters_not_bytes") {
  CHECK(columns("abc") == 3);
  CHECK(columns("äöü") == 3);
  CHECK(columns("") == 0);
  CHECK(padded("ä", 3) == "ä  ");
  CHECK(padded("abcd", 3) == "abcd");
}

TEST_CASE("cut_leaves_whole_characters") {
  CHECK(cut("abc", 3) == "abc");
  CHECK(cut("abcd", 3) == "ab…");
  CHECK(cut("äöüß", 3) == "äö…");
  CHECK(cut("abc", 0).empty());
}

TEST_CASE("wrapped_breaks_between_words") {
  CHECK(wrapped("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrapped("  one\n two ", 20) == std::vector<std::string>{"one two"});
  CHECK(wrapped("overlong a", 4) == std::vector<std::string>{"overlong", "a"});
  CHECK(wrapped("", 10).empty());
  CHECK(paragraph("one two three", 2, 9) == "  one two\n  three\n");
}

TEST_CASE("nearest_finds_what_was_meant") {
  const std::vector<std::string> known = {"--port", "--journal", "--json", "list"};
  CHECK(nearest("--prot", known) == "--port");
  CHECK(nearest("--jurnal", known) == "--journal");
  CHECK(nearest("lst", known) == "list");
  CHECK(nearest("--completely-different", known).empty());
}

TEST_CASE("shell_quoted_quotes_where_needed") {
  CHECK(shell_quoted(std::vector<std::string>{"swaks", "--to", "{recipient}"}) ==
        "swaks --to {recipient}");
  CHECK(shell_quoted(std::vector<std::string>{"sh", "-c", "it's $x"}) == "sh -c 'it'\\''s $x'");
  CHECK(shell_quoted(std::vector<std::string>{""}) == "''");
}
