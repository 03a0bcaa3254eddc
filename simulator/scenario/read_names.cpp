// Hosts, the zone that leads to them, and rules about what is answered instead.
#include "scenario/read_names.hpp"

#include "base/ascii.hpp"
#include "base/domain.hpp"
#include "scenario/hosts.hpp"
#include "scenario/read_record.hpp"
#include "scenario/read_server.hpp"
#include "scenario/read_trigger.hpp"
#include "scenario/vocabulary.hpp"
#include "wire/address.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::scenario {
namespace {

constexpr std::size_t hosts_limit = 50;
constexpr std::size_t search_limit = 6;  ///< of resolv.conf in older systems
constexpr std::size_t raw_limit = 65533; ///< bytes behind the id
/// Longer than any resolver waits, so that more would be a silence.
constexpr Duration longest_late = std::chrono::minutes(1);
constexpr std::string_view top = ".test";

std::string without_final_dot(std::string_view text) {
  return std::string(text.substr(0, text.size() - (text.ends_with('.') ? 1 : 0)));
}

/// No real name is ever made up. U-labels become A-labels, as the DNS has them.
std::optional<std::string> read_domain(const Value& value, Mistakes& mistakes) {
  const auto in_a_labels =
      value.is_scalar() ? base::to_a_labels(without_final_dot(value.text)) : std::nullopt;
  const auto name = in_a_labels ? absolute_name(*in_a_labels + ".", {}) : std::nullopt;
  if (name && name->ends_with(top) && name->size() > top.size()) return name;
  note_wrong(value, "domain below .test", "disk-full.test, mail.disk-full.test", mistakes);
  return std::nullopt;
}

/// `written`, if given: the same domains with the labels that the file has.
std::vector<std::string> read_domains(const Map& names, std::string_view key, Mistakes& mistakes,
                                      std::vector<std::string>* written = nullptr) {
  std::vector<std::string> domains;
  if (const Value* const value = names.find(key))
    for_one_or_many(*value, "domain", mistakes, [&](const Value& item) {
      const auto domain = read_domain(item, mistakes);
      if (!domain) return;
      if (std::find(domains.begin(), domains.end(), *domain) != domains.end())
        mistakes.add(item.at, "the domain " + *domain + " is named twice");
      else {
        domains.push_back(*domain);
        if (written != nullptr)
          written->push_back(base::is_ascii(item.text) ? *domain : without_final_dot(item.text));
      }
    });
  return domains;
}

Host read_host(const Member& member, const NameScope& around, Mistakes& mistakes) {
  Host host;
  host.label = member.key;
  host.server.extensions = default_extensions();
  const auto name = absolute_name(member.key, around.domain());
  if (!name)
    mistakes.add(member.at, "`" + member.key + "` is not a valid host name",
                 "mx1, mx1.other.test., @ (the domain itself)");
  else if (!around.has(*name))
    mistakes.add(member.at, "`" + *name + "` is in none of the scenario's domains",
                 join(around.domains));
  else
    host.name = *name;
  if (member.value.kind == Value::Kind::null) return host; // `mx1:` alone: a healthy server
  const Map map(member.value, map_kind("host"), mistakes);
  if (const Value* const server = map.find("server")) host.server = read_server(*server, mistakes);
  if (const Value* const decoy = map.find("decoy"))
    host.decoy = read_flag(*decoy, mistakes).value_or(false);
  if (const Value* const addresses = map.find("addresses")) {
    host.addresses.clear();
    for_one_or_many(*addresses, "kind of address", mistakes, [&](const Value& item) {
      if (const auto family = read_named(item, address_words, "kind of address", mistakes))
        host.addresses.push_back(*family);
    });
  }
  return host;
}

std::vector<Host> read_hosts(const Value& value, const NameScope& around, Mistakes& mistakes) {
  std::vector<Host> hosts;
  if (!value.is_map() || value.members.empty()) {
    note_wrong(value, "map of hosts", "{mx1: {server: {…}}, mx2: {decoy: yes}}", mistakes);
    return hosts;
  }
  if (value.members.size() > hosts_limit)
    mistakes.add(value.at, "there are too many hosts", "at most " + std::to_string(hosts_limit));
  for (const Member& member : value.members) {
    Host host = read_host(member, around, mistakes);
    const bool twice = !host.name.empty() &&
                       std::any_of(hosts.begin(), hosts.end(),
                                   [&](const Host& other) { return other.name == host.name; });
    if (twice) mistakes.add(member.at, "the host " + host.name + " is named twice");
    hosts.push_back(std::move(host));
  }
  return hosts;
}

/// Bytes in hexadecimal digits, which may have blanks between.
std::optional<std::string> read_raw(const Value& value, Mistakes& mistakes) {
  std::string digits;
  for (const char c : value.text)
    if (c != ' ' && c != '\n') digits += c;
  const bool right = value.is_scalar() && digits.size() % 2 == 0 &&
                     digits.size() / 2 <= raw_limit &&
                     digits.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  if (right) return digits;
  note_wrong(value, "sequence of bytes in hexadecimal digits", "\"8180 0001 0000\"", mistakes);
  return std::nullopt;
}

/// Names with * and ?, relative as those of records are.
std::string absolute_glob(const std::string& text, const std::string& domain) {
  if (text == "@") return domain;
  if (text.ends_with('.')) return text.substr(0, text.size() - 1);
  return text + "." + domain;
}

void read_what_it_is_about(const Map& map, const NameScope& around, NameRule& rule,
                           Mistakes& mistakes) {
  if (const Value* const name = map.find("name"))
    for_one_or_many(*name, "name", mistakes, [&](const Value& item) {
      if (const auto text = read_text(item, "name", mistakes))
        rule.names.push_back(absolute_glob(*text, around.domain()));
    });
  if (const Value* const type = map.find("type"))
    for_one_or_many(*type, "type of record", mistakes, [&](const Value& item) {
      if (const auto read = read_named(item, record_words, "type of record", mistakes))
        rule.types.push_back(static_cast<std::uint16_t>(*read));
    });
  if (const Value* const over = map.find("over"))
    rule.transport = read_named(*over, transport_words, "transport", mistakes);
}

void read_answer(const Map& map, const NameScope& around, NameAnswer& answer, Mistakes& mistakes) {
  if (const Value* const word = map.find("answer"))
    answer.kind =
        read_named(*word, name_answer_kind_words, "answer", mistakes).value_or(answer.kind);
  if (const Value* const records = map.find("records"))
    answer.records = read_records(*records, around, mistakes);
  if (const Value* const raw = map.find("raw")) answer.raw = read_raw(*raw, mistakes);
  if (const Value* const late = map.find("late")) {
    answer.delay = read_positive_duration(*late, mistakes).value_or(answer.delay);
    if (answer.delay > longest_late)
      mistakes.add(late->at, shown(*late) + " is longer than any resolver's timeout",
                   "up to " + to_string(longest_late) + "; answer: silence");
  }
  if (const Value* const truncated = map.find("truncated"))
    answer.truncated = read_flag(*truncated, mistakes).value_or(false);
  if (const Value* const wrong = map.find("wrong"))
    answer.wrong_part =
        read_named(*wrong, wrong_words, "part of an answer", mistakes).value_or(WrongPart::nothing);
  if (const Value* const secure = map.find("authenticated"))
    answer.authenticated = read_flag(*secure, mistakes);
  if (const Value* const ttl = map.find("ttl")) answer.ttl = read_duration(*ttl, mistakes);
}

/// Keys that say the same in two ways, or that nothing is left to say for.
void check_answer(const Map& map, const NameRule& rule, Mistakes& mistakes) {
  constexpr std::array<std::string_view, 3> instead = {"answer", "records", "raw"};
  constexpr std::array<std::string_view, 5> about = {"late", "truncated", "wrong", "authenticated",
                                                     "ttl"};
  int said = 0;
  for (const std::string_view key : instead) {
    if (map.has(key) && ++said > 1)
      mistakes.add(map.find_member(key)->at, "a query has one answer", "one of " + join(instead));
  }
  const bool changes =
      std::any_of(about.begin(), about.end(), [&](std::string_view key) { return map.has(key); });
  if (said == 0 && !changes && !map.has_unknown())
    mistakes.add(map.at(), "the instruction does not say what to answer",
                 join(instead) + ", " + join(about));
  const NameAnswerKind kind = rule.answer.kind;
  const bool is_nothing = kind == NameAnswerKind::silence || kind == NameAnswerKind::reset;
  for (const std::string_view key : about)
    if (is_nothing && map.has(key))
      mistakes.add(map.find_member(key)->at,
                   "there is no answer that could be changed by `" + std::string(key) + "`");
  if (kind == NameAnswerKind::reset && rule.transport != Transport::tcp)
    mistakes.add(map.find_member("answer")->at, "only a connection can be reset", "over: tcp");
}

bool is_always(const NameRule& rule) {
  return rule.names.empty() && rule.types.empty() && !rule.transport && rule.trigger.always();
}

std::vector<NameRule> read_rules(const Value& value, const NameScope& around, Mistakes& mistakes) {
  std::vector<NameRule> rules;
  if (!value.is_list()) {
    note_wrong(value, "list of answers",
               "a list of instructions, such as [{type: MX, answer: servfail}]", mistakes);
    return rules;
  }
  for (const Value& item : value.items) {
    const std::size_t before = mistakes.count();
    const Map map(item, map_kind("query-rule"), mistakes);
    if (!item.is_map()) continue;
    NameRule rule;
    rule.line = item.at.line;
    read_what_it_is_about(map, around, rule, mistakes);
    read_trigger(map, rule.trigger, mistakes);
    read_answer(map, around, rule.answer, mistakes);
    if (mistakes.count() == before) check_answer(map, rule, mistakes);
    const auto hidden_by = std::find_if(rules.begin(), rules.end(), is_always);
    if (hidden_by != rules.end())
      mistakes.add(item.at, "this instruction is never reached: the instruction in line " +
                                std::to_string(hidden_by->line) + " always comes first");
    const bool same_line = std::any_of(
        rules.begin(), rules.end(), [&](const NameRule& other) { return other.line == rule.line; });
    if (same_line)
      mistakes.add(item.at, "each instruction needs its own line, by which it is identified");
    // What could not be read may well be about less than it seems.
    if (mistakes.count() == before) rules.push_back(std::move(rule));
  }
  return rules;
}

} // namespace

void read_hosts_and_names(const Map& file, Scenario& scenario, Mistakes& mistakes) {
  const Value* const hosts = file.find("hosts");
  const Value* const block = file.find("names");
  if (hosts == nullptr && block == nullptr) return;
  NameScope around;
  std::optional<Map> names;
  if (block != nullptr) {
    names.emplace(*block, map_kind("names"), mistakes);
    scenario.names.emplace();
    around.domains = read_domains(*names, "domain", mistakes, &scenario.names->written);
    scenario.names->domains = around.domains;
  }
  if (around.domains.empty()) around.domains.push_back(domain_of(scenario));
  if (hosts != nullptr) {
    scenario.hosts = read_hosts(*hosts, around, mistakes);
    if (!scenario.hosts.empty()) scenario.server = scenario.hosts.front().server;
    if (const Member* const server = file.find_member("server"))
      mistakes.add(server->at, "`server` describes a single host, and `hosts` several",
                   "one of them");
  }
  if (!names) return;
  scenario.names->domains = around.domains;
  around.hosts = hosts_of(scenario);
  if (const Value* const ttl = names->find("ttl"))
    scenario.names->ttl = read_duration(*ttl, mistakes).value_or(scenario.names->ttl);
  if (const Value* const secure = names->find("authenticated"))
    scenario.names->authenticated = read_flag(*secure, mistakes).value_or(false);
  scenario.names->search = read_domains(*names, "search", mistakes);
  if (scenario.names->search.size() > search_limit)
    mistakes.add(names->find("search")->at, "resolvers use fewer search domains",
                 "at most " + std::to_string(search_limit));
  if (const Value* const records = names->find("records"))
    scenario.names->records = read_records(*records, around, mistakes);
  if (const Value* const answers = names->find("answers"))
    scenario.names->answers = read_rules(*answers, around, mistakes);
}

} // namespace tempfail::scenario
