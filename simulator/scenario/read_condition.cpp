// Conditions: texts against globs, numbers against bounds, flags, and the server's states.
#include "scenario/read_condition.hpp"

#include "scenario/address_range.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::scenario {
namespace {

constexpr std::string_view comparisons = R"("> 25", "<= 10", "!= 0", "> 10KB", "> spool.free", 3)";

/// Globs or address ranges, and whether they are to match or not.
struct Patterns {
  std::vector<std::string> texts;
  bool negated = false;
};

/// `a`, `[a, b]` or `not:` in front of either.
std::optional<Patterns> read_patterns(const Value& value, std::string_view wanted,
                                      Mistakes& mistakes) {
  Patterns patterns;
  const Value* list = &value;
  if (value.is_map()) {
    const Map map(value, map_kind("not"), mistakes);
    list = map.find("not");
    if (list == nullptr) return std::nullopt;
    patterns.negated = true;
  }
  for_one_or_many(*list, wanted, mistakes, [&](const Value& item) {
    if (item.is_scalar())
      patterns.texts.push_back(item.text == "<>" ? std::string() : item.text);
    else
      note_wrong(item, wanted, "a text with * and ? in it, a list of such, {not: …}", mistakes);
  });
  if (patterns.texts.empty()) return std::nullopt;
  return patterns;
}

std::optional<Test> read_client(const Value& value, Mistakes& mistakes) {
  auto patterns = read_patterns(value, "address or network", mistakes);
  if (!patterns) return std::nullopt;
  for (const std::string& text : patterns->texts)
    if (!parse_address_range(text))
      mistakes.add(value.at, "`" + text + "` is not a valid address or network",
                   "127.0.0.2, 10.0.0.0/8, ::1");
  return ClientTest{std::move(patterns->texts), patterns->negated};
}

bool is_field_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char character) {
    return character > 0x20 && character < 0x7f && character != ':';
  });
}

void read_headers(const Value& value, ReadCondition& into, Mistakes& mistakes) {
  if (!value.is_map() || value.members.empty())
    return note_wrong(value, "map of header fields", "{Subject: \"*sale*\"}", mistakes);
  for (const Member& member : value.members) {
    if (!is_field_name(member.key))
      mistakes.add(member.at, "`" + member.key + "` is not a valid name of a header field",
                   "Subject, X-Spam-Flag");
    if (auto patterns = read_patterns(member.value, "pattern", mistakes))
      into.add(HeaderTest{member.key, std::move(patterns->texts), patterns->negated}, member.at);
  }
}

bool is_size(NumberField field) {
  return field == NumberField::declared_size || field == NumberField::size;
}

/// "> 10KB", "3", "> spool.free".
std::optional<Test> read_number(NumberField field, const Value& value, Mistakes& mistakes) {
  NumberTest test{field, Comparison::equal, Operand::constant, 0};
  std::string_view rest = value.text;
  for (const auto& [sign, comparison] : comparison_words) {
    if (!rest.starts_with(sign)) continue;
    test.comparison = comparison;
    rest.remove_prefix(sign.size());
    break;
  }
  while (rest.starts_with(' '))
    rest.remove_prefix(1);
  for (const auto& [word, operand] : operand_words) {
    if (rest != word || !value.is_scalar()) continue;
    test.operand = operand;
    if (is_size(field)) return test;
    mistakes.add(value.at, "only sizes can be compared with `" + std::string(word) + "`");
    return std::nullopt;
  }
  const bool plain = !rest.empty() && rest.find_first_not_of("0123456789") == rest.npos;
  const auto number =
      value.is_scalar() && (plain || is_size(field)) ? parse_size(rest) : std::nullopt;
  if (!number) {
    note_wrong(value, "comparison", std::string(comparisons), mistakes);
    return std::nullopt;
  }
  test.constant = *number;
  return test;
}

/// `spool: full`
std::optional<Test> read_state(std::string_view key, const Value& value, Mistakes& mistakes) {
  std::vector<std::string_view> words;
  std::vector<StateField> fields;
  for (const State& state : states) {
    if (state.key != key) continue;
    words.push_back(state.word);
    fields.push_back(state.field);
  }
  const auto index = read_word(value, words, "state of `" + std::string(key) + "`", mistakes);
  if (!index) return std::nullopt;
  return StateTest{fields[*index]};
}

std::optional<Test> read_test(const Member& member, Mistakes& mistakes) {
  const Value& value = member.value;
  for (const auto& [name, field] : text_fields) {
    if (name != member.key) continue;
    auto patterns = read_patterns(value, "pattern", mistakes);
    if (!patterns) return std::nullopt;
    return TextTest{field, std::move(patterns->texts), patterns->negated};
  }
  for (const auto& [name, field] : number_fields)
    if (name == member.key) return read_number(field, value, mistakes);
  for (const auto& [name, field] : flag_fields) {
    if (name != member.key) continue;
    const auto flag = read_flag(value, mistakes);
    if (!flag) return std::nullopt;
    return FlagTest{field, *flag};
  }
  if (member.key == "client") return read_client(value, mistakes);
  return read_state(member.key, value, mistakes);
}

} // namespace

void ReadCondition::add(Test test, FilePosition at) {
  tests.push_back(std::move(test));
  places.push_back(at);
}

void read_condition(const Value& value, ReadCondition& into, Mistakes& mistakes) {
  const Map map(value, map_kind("when"), mistakes);
  if (value.is_map() && value.members.empty())
    note_wrong(value, "condition", join(map_kind("when").keys), mistakes);
  for (const std::string_view key : map_kind("when").keys) {
    const Member* const member = map.find_member(key);
    if (member == nullptr) continue;
    if (key == "header") {
      read_headers(member->value, into, mistakes);
    } else if (auto test = read_test(*member, mistakes)) {
      into.add(std::move(*test), member->at);
    }
  }
}

} // namespace tempfail::scenario
