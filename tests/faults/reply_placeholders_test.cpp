// Placeholders are filled in, and nothing else in braces is.
#include "faults/reply_placeholders.hpp"
#include "support/catch.hpp"

using namespace tempfail::faults;

namespace {

std::string filled(std::string_view text) {
  const ReplyPlaceholderValues values{"b@c", "a@b", "127.0.0.1", "client.test", "mx.test", 42};
  std::string out;
  append_filled(text, values, out);
  return out;
}

} // namespace

TEST_CASE("placeholders: each is filled in") {
  CHECK(filled("{recipient} {sender} {client} {helo} {hostname} {size}") ==
        "b@c a@b 127.0.0.1 client.test mx.test 42");
  for (const ReplyPlaceholder& each : reply_placeholders)
    CHECK(filled("{" + std::string(each.name) + "}").find('{') == std::string::npos);
}

TEST_CASE("placeholders: other braces stay as they are") {
  CHECK(filled("{other} { } {} {size") == "{other} { } {} {size");
  CHECK(filled("{{size}}") == "{42}");
  CHECK(filled("") == "");
}
