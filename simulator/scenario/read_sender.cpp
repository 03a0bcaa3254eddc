// Expectations by the table of expectation.cpp, and the test plan.
#include "scenario/read_sender.hpp"

#include "scenario/hosts.hpp"
#include "scenario/read_esmtp_requests.hpp"
#include "scenario/read_record.hpp"
#include "scenario/vocabulary.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::scenario {
namespace {

constexpr std::uint64_t runs_limit = 1000;
constexpr std::uint64_t message_limit = std::uint64_t{1} << 30U; ///< bytes

/// All of them, or those that may be expected of some recipients alone.
std::vector<std::string_view> expectation_names(bool by_recipient) {
  std::vector<std::string_view> names;
  for (const ExpectationKind& kind : expectation_kinds())
    if (!by_recipient || kind.by_recipient) names.push_back(kind.name);
  return names;
}

std::optional<ExpectationValue> read_durations(const Value& value, Mistakes& mistakes) {
  std::vector<Duration> durations;
  for_one_or_many(value, "list of durations", mistakes, [&](const Value& item) {
    if (const auto duration = read_positive_duration(item, mistakes))
      durations.push_back(*duration);
  });
  return durations;
}

template <typename T>
std::optional<ExpectationValue> as_value(std::optional<T> read) {
  if (!read) return std::nullopt;
  return ExpectationValue(std::move(*read));
}

/// A host of the file, by its label: the absolute name.
std::optional<ExpectationValue> read_host(const Value& value, const NameScope& around,
                                          Mistakes& mistakes) {
  std::vector<std::string_view> labels;
  const std::vector<Host>& hosts = around.hosts;
  for (const Host& host : hosts)
    labels.push_back(host.label);
  if (labels.empty()) {
    mistakes.add(value.at, "this scenario names no hosts", "a host below `hosts`");
    return std::nullopt;
  }
  const auto index = read_word(value, labels, "host of this scenario", mistakes);
  return index ? as_value(std::optional(hosts[*index].name)) : std::nullopt;
}

/// An enhanced status code: "4.4.1".
bool is_enhanced_status(std::string_view text) {
  if (text.size() < 5 || (text[0] != '2' && text[0] != '4' && text[0] != '5')) return false;
  const std::string_view rest = text.substr(1);
  const bool of_digits = rest.find_first_not_of(".0123456789") == std::string_view::npos;
  return of_digits && rest[0] == '.' && std::count(rest.begin(), rest.end(), '.') == 2 &&
         rest.find("..") == std::string_view::npos && rest.back() != '.';
}

/// A word of the kind's, or a map with the action, and what the notification says besides.
std::optional<ExpectationValue> read_notice(const ExpectationKind& kind, const Value& value,
                                            Mistakes& mistakes) {
  const std::string wanted = "value of `" + std::string(kind.name) + "`";
  if (!value.is_map()) {
    const auto index = read_word(value, kind.words, wanted, mistakes);
    return index ? as_value(std::optional(std::string(kind.words[*index]))) : std::nullopt;
  }
  const Map map(value, map_kind("notified"), mistakes);
  ExpectedNotification notice;
  const Value* const action = map.find("action");
  if (action == nullptr) return std::nullopt;                   // a mistake that is noted
  const auto actions = kind.words.first(kind.words.size() - 1); // all but `never`
  const auto index = read_word(*action, actions, "action of a notification", mistakes);
  if (!index) return std::nullopt;
  notice.action = actions[*index];
  if (const Value* const status = map.find("status"))
    for_one_or_many(*status, "status", mistakes, [&](const Value& item) {
      if (item.is_scalar() && is_enhanced_status(item.text))
        notice.statuses.push_back(item.text);
      else
        note_wrong(item, "enhanced status code", "4.4.1, [4.4.1, 5.4.1]", mistakes);
    });
  if (const Value* const with = map.find("with"))
    for_one_or_many(*with, "field", mistakes, [&](const Value& item) {
      if (const auto field =
              read_word(item, notified_field_words, "field of a notification", mistakes))
        notice.fields.emplace_back(notified_field_words[*field]);
    });
  return ExpectationValue(std::move(notice));
}

/// "mx1", "@", absolute with a dot at its end; in one of the scenario's domains, for of all others nothing is known.
std::optional<ExpectationValue> read_name(const Value& value, const NameScope& around,
                                          Mistakes& mistakes) {
  const auto name = value.is_scalar() ? absolute_name(value.text, around.domain()) : std::nullopt;
  if (!name) {
    note_wrong(value, "name", "@, mx1, mx1.other.test.", mistakes);
    return std::nullopt;
  }
  if (around.has(*name)) return as_value(name);
  mistakes.add(value.at, "`" + *name + "` is in none of the scenario's domains",
               join(around.domains));
  return std::nullopt;
}

std::optional<ExpectationValue> read_expected(const ExpectationKind& kind, const Value& value,
                                              const NameScope& around, Mistakes& mistakes) {
  switch (kind.type) {
  case ExpectationType::flag: {
    mistakes.add(value.at, "`" + std::string(kind.name) + "` takes no value",
                 std::string(kind.name));
    return std::nullopt;
  }
  case ExpectationType::word: {
    const auto index =
        read_word(value, kind.words, "value of `" + std::string(kind.name) + "`", mistakes);
    return index ? as_value(std::optional(std::string(kind.words[*index]))) : std::nullopt;
  }
  case ExpectationType::duration_range: return as_value(read_duration_range(value, mistakes));
  case ExpectationType::count_range: return as_value(read_count_range(value, 1, mistakes));
  case ExpectationType::durations: return read_durations(value, mistakes);
  case ExpectationType::host: return read_host(value, around, mistakes);
  case ExpectationType::notification: return read_notice(kind, value, mistakes);
  case ExpectationType::name: return read_name(value, around, mistakes);
  }
  return std::nullopt;
}

/// `retry` or `{delivered: once}`; of the recipients that match a pattern, where it is not empty.
void read_expectation(const Value& item, Level level, const std::string& recipient,
                      const NameScope& around, std::vector<Expectation>& into, Mistakes& mistakes) {
  const auto names = expectation_names(!recipient.empty());
  if (!item.is_scalar() && !(item.is_map() && item.members.size() == 1)) {
    note_wrong(item, "expectation", "retry, {delivered: once}, …: one an entry", mistakes);
    return;
  }
  const Value* const value = item.is_map() ? &item.members.front().value : nullptr;
  Value name = item;
  if (item.is_map()) {
    name.kind = Value::Kind::scalar;
    name.text = item.members.front().key;
    name.at = item.members.front().at;
  }
  const auto index = read_word(
      name, names, recipient.empty() ? "expectation" : "expectation of some recipients", mistakes);
  if (!index) return;
  const ExpectationKind& kind = *find_expectation_kind(names[*index]);
  for (const Expectation& earlier : into)
    if (earlier.name == kind.name && earlier.level == level && earlier.recipient == recipient)
      mistakes.add(name.at, "`" + name.text + "` is expected twice, first in line " +
                                std::to_string(earlier.line));
  Expectation expectation{std::string(kind.name), level, {}, name.at.line, recipient};
  if (value != nullptr) {
    auto read = read_expected(kind, *value, around, mistakes);
    if (!read) return;
    expectation.value = std::move(*read);
  } else if (kind.type != ExpectationType::flag) {
    mistakes.add(name.at, "`" + name.text + "` needs a value", "{" + name.text + ": …}");
    return;
  }
  into.push_back(std::move(expectation));
}

const Expectation* find(const std::vector<Expectation>& expectations, std::string_view name,
                        const std::string& recipient) {
  const auto found =
      std::find_if(expectations.begin(), expectations.end(), [&](const Expectation& one) {
        return one.name == name && one.recipient == recipient;
      });
  return found == expectations.end() ? nullptr : &*found;
}

/// Two expectations no sender can meet at once.
void check_together(const std::vector<Expectation>& expectations, std::string_view one,
                    std::string_view other, const std::string& recipient, FilePosition at,
                    Mistakes& mistakes) {
  if (find(expectations, one, recipient) != nullptr &&
      find(expectations, other, recipient) != nullptr)
    mistakes.add(at,
                 "`" + std::string(one) + "` and `" + std::string(other) + "` can't be combined",
                 "one of them");
}

/// The lists `must` and `should` of a map, of the recipients that match a pattern (empty: of all).
void add_lists(const Value& value, const Map& map, const std::string& recipient,
               const NameScope& around, std::vector<Expectation>& expectations,
               Mistakes& mistakes) {
  for (const auto& [key, level] :
       {std::pair("must", Level::must), std::pair("should", Level::should)}) {
    const Value* const list = map.find(key);
    if (list == nullptr) continue;
    if (!list->is_list() || list->items.empty())
      note_wrong(*list, "list of expectations",
                 "[retry, {delivered: once}]; " + join(expectation_names(!recipient.empty())),
                 mistakes);
    for (const Value& item : list->items)
      read_expectation(item, level, recipient, around, expectations, mistakes);
  }
  if (value.is_map() && value.members.empty())
    mistakes.add(value.at, "the list of expectations is empty", "must, should");
  for (const std::string_view needs_retries :
       {"retry", "first-retry", "back-off", "jitter", "schedule"})
    check_together(expectations, "no-retry", needs_retries, recipient, value.at, mistakes);
}

/// What is expected of all recipients, and of some.
std::vector<Expectation> read_lists(const Value& value, const Map& map, const NameScope& around,
                                    Mistakes& mistakes) {
  std::vector<Expectation> expectations;
  add_lists(value, map, {}, around, expectations, mistakes);
  const Value* const some = map.find("recipients");
  if (some == nullptr) return expectations;
  if (!some->is_map() || some->members.empty())
    note_wrong(*some, "map of recipients", R"({"recipient-2@*": {must: [no-retry]}})", mistakes);
  for (const Member& member : some->members) {
    const Map lists(member.value, map_kind("recipients"), mistakes);
    add_lists(member.value, lists, member.key, around, expectations, mistakes);
  }
  return expectations;
}

} // namespace

void read_sender(const Value& value, Scenario& scenario, Mistakes& mistakes) {
  const Map map(value, map_kind("sender"), mistakes);
  const NameScope around{dns_settings_of(scenario).domains, scenario.hosts};
  scenario.sender = read_lists(value, map, around, mistakes);
  for (const auto& [key, into] : {std::pair("required", &scenario.sender_required),
                                  std::pair("verified", &scenario.sender_verified)})
    if (const Value* const told = map.find(key))
      *into = read_lists(*told, Map(*told, map_kind("policy"), mistakes), around, mistakes);
}

TestPlan read_test_plan(const Value& value, Mistakes& mistakes) {
  const Map map(value, map_kind("test"), mistakes);
  TestPlan plan;
  if (const Value* const watch = map.find("watch"))
    plan.watch = read_positive_duration(*watch, mistakes).value_or(plan.watch);
  const auto read_small = [&](const Map& from, std::string_view key, std::uint64_t min,
                              std::uint32_t usual) {
    const Value* const count = from.find(key);
    if (count == nullptr) return usual;
    return static_cast<std::uint32_t>(
        read_count(*count, min, runs_limit, mistakes).value_or(usual));
  };
  plan.runs = read_small(map, "runs", 1, 1);
  plan.recipients = read_small(map, "recipients", 1, 1);
  plan.messages = read_small(map, "messages", 1, 1);
  if (const Value* const smtputf8 = map.find("smtputf8"))
    plan.smtputf8 = read_flag(*smtputf8, mistakes).value_or(false);
  read_esmtp_requests(map, plan, mistakes);
  if (const Value* const domains = map.find("each-domain"))
    plan.rotates_domains = read_flag(*domains, mistakes).value_or(false);
  const Value* const message = map.find("message");
  if (message == nullptr) return plan;
  const Map parts(*message, map_kind("message"), mistakes);
  if (const Value* const size = parts.find("size")) {
    plan.message.size = read_size(*size, mistakes).value_or(0);
    if (plan.message.size > message_limit)
      mistakes.add(size->at, shown(*size) + " is out of range",
                   "up to " + size_to_string(message_limit));
  }
  if (const Value* const charset = parts.find("charset"))
    plan.message.charset = read_text(*charset, "character set", mistakes).value_or("us-ascii");
  plan.message.received_fields = read_small(parts, "received-fields", 0, 0);
  return plan;
}

} // namespace tempfail::scenario
