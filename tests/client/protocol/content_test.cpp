// Dots are stuffed where a line begins with one, and a message without such a line is not copied.
#include "client/protocol/content.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;

namespace {

std::string stuffed(std::string text) {
  return *dot_stuffed(std::make_shared<const std::string>(std::move(text)));
}

} // namespace

TEST_CASE("dots_at_line_starts_are_doubled") {
  CHECK(stuffed("").empty());
  CHECK(stuffed(".\r\n") == "..\r\n");
  CHECK(stuffed("..\r\n.a\r\nb.\r\n.") == "...\r\n..a\r\nb.\r\n..");
  CHECK(stuffed("a\r\n.\r\n") == "a\r\n..\r\n");
}

TEST_CASE("content_without_such_dots_is_shared") {
  const auto content = std::make_shared<const std::string>("a.\r\nb .\r\n");
  CHECK(dot_stuffed(content) == content);
}
