// The YAML reader: values with their places, anchors, merges, limits.
#include "scenario/document.hpp"
#include "support/catch.hpp"

#include <string>

using namespace tempfail::scenario;

namespace {

struct Parsed {
  std::optional<Value> value;
  std::vector<Mistake> mistakes;
};

Parsed parse(std::string_view text) {
  Mistakes mistakes("f.yaml");
  auto value = parse_document(text, mistakes);
  return {std::move(value), mistakes.take()};
}

} // namespace

TEST_CASE("values know their places", "[document]") {
  const auto [value, mistakes] = parse("a: 1\nb:\n  - x\n  - {c: ~}\n");
  REQUIRE(value);
  CHECK(mistakes.empty());
  REQUIRE(value->members.size() == 2);
  const Member& second = value->members[1];
  CHECK(second.key == "b");
  CHECK(second.at.line == 2);
  CHECK(second.at.column == 1);
  REQUIRE(second.value.items.size() == 2);
  CHECK(second.value.items[0].text == "x");
  CHECK(second.value.items[0].at.line == 3);
  CHECK(second.value.items[0].at.column == 5);
  CHECK(second.value.items[1].members[0].value.kind == Value::Kind::null);
}

TEST_CASE("an alias stands for its anchor, and a merge gives way to what is written",
          "[document]") {
  const auto [value, mistakes] =
      parse("a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\nd: {<<: [*a, {z: 4}]}\n");
  REQUIRE(value);
  CHECK(mistakes.empty());
  CHECK(value->members[1].value.members.size() == 2);
  const Value& merged = value->members[2].value;
  REQUIRE(merged.members.size() == 2);
  CHECK(merged.members[0].value.text == "3");
  CHECK(merged.members[1].key == "x");
  CHECK(value->members[3].value.members.size() == 3);
}

TEST_CASE("a file of aliases of aliases is refused, not unfolded", "[document]") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j)
      text += (j > 0 ? ", *a" : "*a") + before;
    text += "]\n";
  }
  const auto [value, mistakes] = parse(text);
  CHECK_FALSE(value);
  REQUIRE(mistakes.size() == 1);
  CHECK(mistakes[0].what == "the file holds more values than a scenario can have");
}

TEST_CASE("a long text used many times counts as much", "[document]") {
  std::string text = "a: &a " + std::string(600'000, 'x') + "\nb: [";
  for (int i = 0; i < 1000; ++i)
    text += "*a, ";
  CHECK_FALSE(parse(text + "1]\n").value);
}

TEST_CASE("a file that is too large is not read", "[document]") {
  const auto [value, mistakes] = parse(std::string(document_size_limit + 1, '#'));
  CHECK_FALSE(value);
  REQUIRE(mistakes.size() == 1);
  CHECK(mistakes[0].to_string() ==
        "f.yaml: the file is larger than a scenario can be; allowed: at most 1MB");
}

TEST_CASE("deep nesting ends in a message", "[document]") {
  const auto [value, mistakes] = parse(std::string(100'000, '['));
  CHECK_FALSE(value);
  CHECK(mistakes.size() == 1);
}
