// Reads mixes: domains, their shares, and whether the shared port can show what they name.
#include "scenario/mix.hpp"

#include "base/ascii.hpp"
#include "scenario/document.hpp"
#include "scenario/former_names.hpp"
#include "scenario/hosts.hpp"
#include "scenario/read_value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace tempfail::scenario {
namespace {

constexpr std::uint32_t parts_of_percent = mix_parts / 100;
constexpr std::size_t fraction_digits = 4;
constexpr std::string_view rest_word = "rest";
constexpr std::string_view shares_allowed =
    "a percentage with at most four decimals, such as 11.12; or rest";
constexpr std::array<std::string_view, 1> file_keys = {"domains"};
constexpr MapKind file_kind{"file", file_keys, file_keys};

/// "11.12" as parts. Nothing: it is not a percentage from 0 to 100 of so few decimals.
std::optional<std::uint32_t> parse_percent(std::string_view text) {
  if (text.ends_with('%')) text.remove_suffix(1);
  if (text.ends_with(' ')) text.remove_suffix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  const auto digits = [](std::string_view part) {
    return std::all_of(part.begin(), part.end(), base::is_digit);
  };
  constexpr std::size_t longest = 3; // digits: 100
  if (whole.empty() || whole.size() > longest || fraction.size() > fraction_digits)
    return std::nullopt;
  if (point != std::string_view::npos && fraction.empty()) return std::nullopt;
  if (!digits(whole) || !digits(fraction)) return std::nullopt;
  std::uint32_t parts = 0;
  std::from_chars(whole.data(), whole.data() + whole.size(), parts);
  for (std::size_t i = 0; i < fraction_digits; ++i)
    parts = parts * 10 + (i < fraction.size() ? static_cast<std::uint32_t>(fraction[i] - '0') : 0);
  if (parts > mix_parts) return std::nullopt;
  return parts;
}

/// A host name with stars and question marks in it, in any alphabet, or an address in brackets.
bool is_pattern(std::string_view text) {
  constexpr std::size_t longest = 255; // bytes, RFC 5321 section 4.5.3.1.2
  static constexpr std::string_view others = "-_.*?[]:";
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), [](char c) {
           const bool is_beyond_ascii = static_cast<unsigned char>(c) >= 0x80;
           return base::is_letter(c) || base::is_digit(c) || is_beyond_ascii ||
                  others.find(c) != std::string_view::npos;
         });
}

/// Why a port on which the recipient chooses can't show this scenario; empty: it can.
std::string obstacle_of(const Scenario& scenario) {
  if (needs_lab(scenario)) return "it needs a lab (IPv6, or hosts that can't be reached)";
  if (needs_name_server(scenario)) return "it is about names in the DNS or several hosts";
  if (needs_own_port(scenario.server))
    return "it needs its own port: the failure comes before the recipient is known";
  return {};
}

class Reader {
 public:
  Reader(const std::vector<ScenarioPtr>& known, Mistakes& mistakes)
      : known_(known), mistakes_(mistakes) {}

  void read(const Value& document, Mix& mix) {
    const Map map(document, file_kind, mistakes_);
    const Value* const domains = map.find("domains");
    if (domains == nullptr) return;
    if (!domains->is_map() || domains->members.empty())
      return note_wrong(*domains, "map of domains",
                        R"(a pattern and its shares, such as "*": {healthy: 100})", mistakes_);
    if (domains->members.size() > mix_domain_limit)
      return mistakes_.add(domains->at,
                           std::to_string(domains->members.size()) + " domains are too many",
                           "at most " + std::to_string(mix_domain_limit));
    if (const std::size_t shares = count_shares(*domains); shares > mix_share_limit)
      return mistakes_.add(domains->at, std::to_string(shares) + " shares are too many",
                           "at most " + std::to_string(mix_share_limit) +
                               " in all domains together");
    for (const Member& member : domains->members)
      read_domain(member, mix);
    check_order(domains->members);
  }

 private:
  static std::size_t count_shares(const Value& domains) {
    std::size_t count = 0;
    for (const Member& member : domains.members)
      count += member.value.members.size();
    return count;
  }

  /// Where nothing is written, the place is the key's.
  void note_wrong_value(const Member& member, std::string_view wanted, std::string allowed) {
    Value value = member.value;
    if (value.kind == Value::Kind::null) value.at = member.at;
    note_wrong(value, wanted, std::move(allowed), mistakes_);
  }

  void read_domain(const Member& member, Mix& mix) {
    MixDomain domain;
    domain.pattern = base::lower(member.key);
    if (!is_pattern(member.key))
      mistakes_.add(
          member.at, "`" + member.key + "` is not a valid pattern of domains",
          "a domain, in which * stands for any text and ? for one character: *.business.test");
    if (!member.value.is_map() || member.value.members.empty()) {
      note_wrong_value(member, "map of shares",
                       "scenarios with their shares, such as healthy: 100");
      return;
    }
    read_shares(member, domain);
    mix.domains.push_back(std::move(domain));
  }

  void read_shares(const Member& member, MixDomain& domain) {
    std::uint32_t sum = 0;           // of a thousand shares at most
    std::optional<std::size_t> rest; // the index of the share that has it
    bool all_are_read = true;
    for (const Member& entry : member.value.members) {
      MixShare share{find(entry), 0};
      const auto twice =
          std::find_if(domain.shares.begin(), domain.shares.end(), [&](const MixShare& other) {
            return share.scenario && other.scenario == share.scenario;
          });
      if (twice != domain.shares.end())
        mistakes_.add(entry.at, "the scenario " + share.scenario->name + " has a share already");
      if (entry.value.is_scalar() && entry.value.text == rest_word) {
        if (rest)
          mistakes_.add(entry.value.at, "`rest` is given twice",
                        "one scenario of a domain has the rest");
        rest = domain.shares.size();
      } else if (const auto parts =
                     entry.value.is_scalar() ? parse_percent(entry.value.text) : std::nullopt) {
        share.parts = *parts;
        sum += *parts;
      } else {
        all_are_read = false;
        note_wrong_value(entry, "share", std::string(shares_allowed));
      }
      domain.shares.push_back(std::move(share));
    }
    if (!all_are_read) return;
    if (sum > mix_parts || (sum < mix_parts && !rest))
      mistakes_.add(member.at, "the shares of `" + member.key + "` add up to " + percent_of(sum),
                    rest ? "100 at most" : "100 in all, or `rest` for one of them");
    else if (rest)
      domain.shares[*rest].parts = mix_parts - sum;
  }

  /// The scenario of this name, where it can be part of a mix.
  ScenarioPtr find(const Member& entry) {
    const std::string_view name =
        std::string_view(entry.key).substr(entry.key.rfind('/') + 1); // npos + 1 is 0
    const bool has_family = name.size() != entry.key.size();
    const std::string_view current = current_name(name);
    for (const ScenarioPtr& scenario : known_) {
      const bool is_meant = scenario->name == entry.key ||
                            (has_family && scenario->id() == entry.key) ||
                            (current != name && scenario->name == current);
      if (!is_meant) continue;
      const std::string obstacle = obstacle_of(*scenario);
      if (!obstacle.empty())
        mistakes_.add(entry.at,
                      "the scenario " + scenario->name + " can't be part of a mix: " + obstacle,
                      "those that the shared port can show");
      return scenario;
    }
    std::vector<std::string_view> names;
    for (const ScenarioPtr& scenario : known_)
      names.push_back(scenario->name);
    mistakes_.add(entry.at,
                  "no scenario is called `" + entry.key + "`" + did_you_mean(entry.key, names),
                  "a name from tempfail list");
    return nullptr;
  }

  /// Each pattern once, in any letters, and the one for all others at the end.
  void check_order(const std::vector<Member>& members) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      const std::string pattern = base::lower(members[i].key);
      const auto same =
          std::find_if(members.begin(), members.begin() + static_cast<std::ptrdiff_t>(i),
                       [&](const Member& one) { return base::lower(one.key) == pattern; });
      if (same != members.begin() + static_cast<std::ptrdiff_t>(i))
        mistakes_.add(members[i].at, "`" + members[i].key + "` is given twice, first in line " +
                                         std::to_string(same->at.line));
      if (pattern == "*" && i + 1 != members.size())
        mistakes_.add(members[i + 1].at,
                      "`" + members[i + 1].key + "` is never reached: `*` in line " +
                          std::to_string(members[i].at.line) + " matches every domain",
                      "`*` as the last one");
    }
    if (members.back().key != "*" && std::none_of(members.begin(), members.end(),
                                                  [](const Member& one) { return one.key == "*"; }))
      mistakes_.add(members.back().at, "`*` is missing",
                    "`*` as the last domain, so that every recipient has a scenario");
  }

  const std::vector<ScenarioPtr>& known_;
  Mistakes& mistakes_;
};

} // namespace

MixResult read_mix(std::string_view text, const std::string& file,
                   const std::vector<ScenarioPtr>& known) {
  Mistakes mistakes(file);
  auto mix = std::make_shared<Mix>();
  mix->text = text;
  if (const auto document = parse_document(text, mistakes, "mix"))
    Reader(known, mistakes).read(*document, *mix);
  if (mistakes.none()) return {std::move(mix), {}};
  return {nullptr, mistakes.take()};
}

std::vector<ScenarioPtr> scenarios_of(const Mix& mix) {
  std::vector<ScenarioPtr> scenarios;
  for (const MixDomain& domain : mix.domains)
    for (const MixShare& share : domain.shares)
      if (std::find(scenarios.begin(), scenarios.end(), share.scenario) == scenarios.end())
        scenarios.push_back(share.scenario);
  return scenarios;
}

std::string percent_of(std::uint32_t parts) {
  std::string text = std::to_string(parts / parts_of_percent);
  std::string fraction =
      std::to_string(parts_of_percent + parts % parts_of_percent); // with a digit in front
  fraction.front() = '.';
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return fraction == "." ? text : text + fraction;
}

std::string to_string(const MixDomain& domain) {
  std::string text;
  for (const MixShare& share : domain.shares)
    text +=
        (text.empty() ? ": " : ", ") + share.scenario->name + ' ' + percent_of(share.parts) + " %";
  return domain.pattern + text;
}

std::string to_string(const Mix& mix) {
  std::string text;
  for (const MixDomain& domain : mix.domains)
    text += (text.empty() ? "" : "; ") + to_string(domain);
  return text;
}

} // namespace tempfail::scenario
