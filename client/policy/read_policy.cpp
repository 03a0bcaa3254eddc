// The policy file's form: which key means which part of the model.
#include "client/policy/read_policy.hpp"

#include "base/printable.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tempfail::client {
namespace {

using Node = YAML::Node;

constexpr std::string_view failure_names_hint =
    "connect-refused, connect-timeout, unreachable, no-greeting, dropped, time-out, tls, "
    "dns-servfail, "
    "dns-no-answer, dns-no-address, reply-4yz, protocol-error, unsupported, local";

/// One number of a pattern, or '*'. False when it is neither.
bool read_part(std::string_view text, std::optional<std::uint16_t>& part) {
  if (text == "*") return true;
  std::uint16_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || result.ec != std::errc{} || result.ptr != text.data() + text.size() ||
      number > 999) {
    return false;
  }
  part = number;
  return true;
}

std::optional<StatusPattern> parse_pattern(std::string_view text) {
  const auto first = text.find('.');
  const auto second = text.find('.', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  StatusPattern pattern;
  if (!read_part(text.substr(0, first), pattern.class_digit) ||
      !read_part(text.substr(first + 1, second - first - 1), pattern.subject) ||
      !read_part(text.substr(second + 1), pattern.detail)) {
    return std::nullopt;
  }
  if (pattern.class_digit && *pattern.class_digit != 4 && *pattern.class_digit != 5)
    return std::nullopt;
  return pattern;
}

void read_failure(YamlReader& reader, const Node& node, std::vector<Failure>& failures) {
  std::string text;
  reader.text(node, text);
  if (!node.IsScalar()) return;
  const auto failure = failure_from_name(text);
  if (!failure || *failure == Failure::none) {
    reader.wrong(node, '\'' + text + "' is not a kind of failure; allowed: " +
                           std::string{failure_names_hint});
    return;
  }
  failures.push_back(*failure);
}

void read_status(YamlReader& reader, const Node& node, std::vector<StatusPattern>& statuses) {
  std::string text;
  reader.text(node, text);
  if (!node.IsScalar()) return;
  const auto pattern = parse_pattern(text);
  if (!pattern) {
    reader.wrong(node,
                 '\'' + text + "' is not a status of a failure; allowed: 4.3.2, 4.4.*, 4.*.*");
    return;
  }
  statuses.push_back(*pattern);
}

void read_code(YamlReader& reader, const Node& node, std::vector<std::string>& codes) {
  std::string text;
  reader.text(node, text);
  if (!node.IsScalar()) return;
  std::string prefix = text.substr(0, text.find('*'));
  const bool digits =
      std::all_of(prefix.begin(), prefix.end(), [](char c) { return c >= '0' && c <= '9'; });
  const bool starred = !prefix.empty() && prefix.size() < 3 && text == prefix + '*';
  if (!digits || !(starred || (prefix.size() == 3 && text == prefix)) || prefix.front() != '4') {
    reader.wrong(node,
                 '\'' + text + "' is not the code of a transient reply; allowed: 421, 45*, 4*");
    return;
  }
  codes.push_back(std::move(prefix));
}

void read_stage(YamlReader& reader, const Node& node, std::vector<Stage>& stages) {
  std::string text;
  reader.text(node, text);
  if (!node.IsScalar()) return;
  const auto stage = stage_from_name(text);
  if (!stage) {
    reader.wrong(node,
                 '\'' + text +
                     "' is not a valid stage; allowed: resolve, connect, greeting, ehlo, starttls, "
                     "handshake, auth, mail, rcpt, data, content, message, rset");
    return;
  }
  stages.push_back(*stage);
}

Condition read_condition(YamlReader& reader, const Node& node) {
  Condition condition;
  reader.mapping(node, "when",
                 {{"status",
                   [&](const Node& value) {
                     reader.one_or_more(value, [&](const Node& item) {
                       read_status(reader, item, condition.statuses);
                     });
                   }},
                  {"code",
                   [&](const Node& value) {
                     reader.one_or_more(value, [&](const Node& item) {
                       read_code(reader, item, condition.codes);
                     });
                   }},
                  {"failure",
                   [&](const Node& value) {
                     reader.one_or_more(value, [&](const Node& item) {
                       read_failure(reader, item, condition.failures);
                     });
                   }},
                  {"stage", [&](const Node& value) {
                     reader.one_or_more(value, [&](const Node& item) {
                       read_stage(reader, item, condition.stages);
                     });
                   }}});
  return condition;
}

/// What a rule's schedule says must make sense as a whole.
void check_schedule(YamlReader& reader, const Node& node, Schedule& schedule) {
  if (!schedule.waits.empty()) {
    if (node["first"] || node["factor"] || node["longest"]) {
      reader.wrong(node,
                   "a rule has either waits or first, factor and longest; allowed: one of the two");
    }
    return;
  }
  if (schedule.first.count() == 0) {
    reader.wrong(node, "the rule does not say when to retry; allowed: waits: [30m, 1h], or first: "
                       "30m with factor and longest");
    return;
  }
  if (schedule.longest.count() == 0) schedule.longest = schedule.first * (node["factor"] ? 64 : 1);
  if (schedule.longest < schedule.first) {
    reader.wrong(node["longest"],
                 "the longest wait is shorter than the first; allowed: first or more");
  }
}

void read_rule(YamlReader& reader, const Node& node, std::vector<Rule>& rules) {
  Rule rule;
  Schedule& schedule = rule.schedule;
  const bool is_mapping = reader.mapping(
      node, "a rule",
      {{"name", [&](const Node& value) { reader.text(value, rule.name); }},
       {"why", [&](const Node& value) { reader.text(value, rule.why); }},
       {"when", [&](const Node& value) { rule.when = read_condition(reader, value); }},
       {"waits",
        [&](const Node& value) {
          reader.list(value, "waits", [&](const Node& item) {
            Duration wait{};
            reader.duration(item, wait);
            schedule.waits.push_back(wait);
          });
        }},
       {"first", [&](const Node& value) { reader.duration(value, schedule.first); }},
       {"factor", [&](const Node& value) { reader.factor(value, schedule.factor); }},
       {"longest", [&](const Node& value) { reader.duration(value, schedule.longest); }},
       {"jitter", [&](const Node& value) { reader.percentage(value, schedule.jitter); }},
       {"tries", [&](const Node& value) { reader.count(value, 1, 1000, rule.tries); }}});
  if (!is_mapping) return;
  rule.name =
      base::printable(rule.name); // the file may be a stranger's, and tables and logs show them
  rule.why = base::printable(rule.why);
  if (rule.name.empty()) reader.wrong(node, "the rule has no name; allowed: name: WORD");
  const auto same = [&](const Rule& other) {
    return !rule.name.empty() && other.name == rule.name;
  };
  if (std::any_of(rules.begin(), rules.end(), same)) {
    reader.wrong(node["name"], "a second rule named '" + rule.name + "'; allowed: another name");
  }
  // A rule of one try needs no schedule: it fails at once.
  if (rule.tries != 1 || node["first"] || node["waits"]) check_schedule(reader, node, schedule);
  rules.push_back(std::move(rule));
}

/// Told from the file, not from what was understood: a mistake in a `when` must not give rise to a
/// second one.
bool matches_everything(const Node& rule) {
  return rule.IsMap() && (!rule["when"] || rule["when"].size() == 0);
}

void read_rules(YamlReader& reader, const Node& node, std::vector<Rule>& rules) {
  rules.clear();
  reader.list(node, "rules", [&](const Node& item) { read_rule(reader, item, rules); });
  if (!node.IsSequence()) return;
  for (std::size_t i = 0; i + 1 < node.size(); ++i) {
    if (matches_everything(node[i])) {
      reader.wrong(node[i], "the rules after this one are never reached, because it matches "
                            "everything; allowed: a `when`");
    }
  }
  if (node.size() == 0 || !matches_everything(node[node.size() - 1])) {
    reader.wrong(node.size() == 0 ? node : node[node.size() - 1],
                 "the last rule must match everything else; allowed: a last rule without `when`");
  }
}

void read_tls(YamlReader& reader, const Node& node, std::optional<TlsMode>& mode) {
  constexpr std::array<std::pair<std::string_view, TlsMode>, 4> modes{
      {{"never", TlsMode::never},
       {"opportunistic", TlsMode::opportunistic},
       {"required", TlsMode::required},
       {"verified", TlsMode::verified}}};
  std::string text;
  reader.text(node, text);
  for (const auto& [name, value] : modes) {
    if (name == text) mode = value;
  }
  if (!mode)
    reader.wrong(
        node, '\'' + text +
                  "' is not a valid TLS mode; allowed: never, opportunistic, required, verified");
}

void read_alternative(YamlReader& reader, const Node& node,
                      std::vector<Alternative>& alternatives) {
  Alternative alternative;
  const auto read_use = [&](const Node& use) {
    reader.mapping(
        use, "use",
        {{"host", [&](const Node& value) { reader.text(value, alternative.host); }},
         {"port",
          [&](const Node& value) {
            unsigned port = 0;
            reader.count(value, 1, 65535, port);
            alternative.port = static_cast<std::uint16_t>(port);
          }},
         {"tls", [&](const Node& value) { read_tls(reader, value, alternative.tls); }},
         {"implicit-tls",
          [&](const Node& value) { reader.boolean(value, alternative.implicit_tls); }},
         {"pipelining", [&](const Node& value) { reader.boolean(value, alternative.pipelining); }},
         {"chunking", [&](const Node& value) { reader.boolean(value, alternative.chunking); }}});
  };
  const bool is_mapping = reader.mapping(
      node, "an alternative",
      {{"after", [&](const Node& value) { reader.count(value, 1, 1000, alternative.after); }},
       {"on",
        [&](const Node& value) {
          reader.one_or_more(
              value, [&](const Node& item) { read_failure(reader, item, alternative.failures); });
        }},
       {"use", read_use}});
  if (!is_mapping) return;
  if (!node["use"])
    reader.wrong(node, "the alternative changes nothing; allowed: use: {port: 587, …}");
  alternatives.push_back(std::move(alternative));
}

void read_suspension(YamlReader& reader, const Node& node, Suspension& suspension) {
  reader.mapping(
      node, "suspend",
      {{"after", [&](const Node& value) { reader.count(value, 0, 1000, suspension.after); }},
       {"on",
        [&](const Node& value) {
          suspension.failures.clear();
          reader.one_or_more(
              value, [&](const Node& item) { read_failure(reader, item, suspension.failures); });
        }},
       {"first", [&](const Node& value) { reader.duration(value, suspension.first); }},
       {"factor", [&](const Node& value) { reader.factor(value, suspension.factor); }},
       {"longest", [&](const Node& value) { reader.duration(value, suspension.longest); }}});
  if (suspension.longest < suspension.first) {
    reader.wrong(node, "the longest pause is shorter than the first; allowed: first or more");
  }
}

void read_give_up(YamlReader& reader, const Node& node, Policy& policy) {
  reader.mapping(
      node, "give-up",
      {{"after", [&](const Node& value) { reader.duration(value, policy.give_up_after); }},
       {"status", [&](const Node& value) {
          std::string text;
          reader.text(value, text);
          const auto status = Status::parse(text);
          const bool failure = status && status->text() == text && status->class_digit != 2;
          if (text == "last") {
            policy.expired.reset();
          } else if (failure) {
            policy.expired = status;
          } else {
            reader.wrong(value, '\'' + text +
                                    "' is not a status of a failure; allowed: 4.4.7, 5.4.7, last");
          }
        }}});
}

void read_notices(YamlReader& reader, const Node& node, std::vector<Duration>& notices) {
  notices.clear();
  reader.one_or_more(node, [&](const Node& item) {
    Duration age{};
    reader.duration(item, age);
    if (!notices.empty() && age.count() != 0 && age <= notices.back()) {
      reader.wrong(item, "the ages must increase; allowed: more than " + item.Scalar());
    }
    notices.push_back(age);
  });
}

} // namespace

void read_policy(YamlReader& reader, const YAML::Node& document, Policy& policy) {
  reader.mapping(
      document, "a policy",
      {{"give-up", [&](const Node& value) { read_give_up(reader, value, policy); }},
       {"notify",
        [&](const Node& value) {
          reader.mapping(value, "notify", {{"delayed", [&](const Node& ages) {
                                              read_notices(reader, ages, policy.delay_notices);
                                            }}});
        }},
       {"in-doubt",
        [&](const Node& value) {
          std::string text;
          reader.text(value, text);
          if (text != "resend" && text != "hold") {
            reader.wrong(value, '\'' + text + "' is not a valid choice; allowed: resend, hold");
          }
          policy.in_doubt = text == "hold" ? InDoubt::hold : InDoubt::resend;
        }},
       {"rules", [&](const Node& value) { read_rules(reader, value, policy.rules); }},
       {"suspend", [&](const Node& value) { read_suspension(reader, value, policy.suspension); }},
       {"alternatives", [&](const Node& value) {
          policy.alternatives.clear();
          reader.list(value, "alternatives", [&](const Node& item) {
            read_alternative(reader, item, policy.alternatives);
          });
        }}});
}

} // namespace tempfail::client
