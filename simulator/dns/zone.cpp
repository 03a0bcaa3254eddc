// A zone's records by name, and its rules with what they have counted.
#include "dns/zone.hpp"

#include "scenario/glob.hpp"
#include "scenario/hosts.hpp"
#include "state/counters.hpp"
#include "state/key_table.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace tempfail::dns {
namespace {

using scenario::NameRule;
using scenario::Record;
using scenario::RecordType;
/// By name; a name's records in the order of the file.
using RecordsByName = std::map<std::string, RecordList, std::less<>>;

bool matches(const NameRule& rule, const Query& query) {
  if (rule.transport && *rule.transport != query.transport) return false;
  if (!rule.types.empty() &&
      std::find(rule.types.begin(), rule.types.end(), query.type) == rule.types.end())
    return false;
  return rule.names.empty() ||
         std::any_of(rule.names.begin(), rule.names.end(), [&](const std::string& glob) {
           return scenario::glob_matches(glob, query.name);
         });
}

/// A silence that is over before a resolver has given up once shows nothing of itself.
scenario::Trigger lengthened(const NameRule& rule, double scale) {
  scenario::Trigger trigger = rule.trigger;
  const bool silent = rule.answer.kind == scenario::NameAnswerKind::silence;
  if (silent && trigger.during && trigger.during->max) {
    const auto least =
        std::chrono::duration_cast<Duration>(scenario::shortest_silent_window * scale);
    trigger.during->max = std::max(*trigger.during->max, trigger.during->min + least);
  }
  return trigger;
}

} // namespace

struct Zone::Impl {
  explicit Impl(const ZoneSetting& made_of)
      : setting(made_of), names(scenario::dns_settings_of(*made_of.scenario)) {
    for (const std::string& domain : names.domains)
      soas.emplace(domain, make_soa(domain, real_ttl(names.ttl)));
    for (const Record& record : names.records)
      add(record, records);
    // A host is known by its name, whatever else the file says of it.
    for (const HostAddress& host : setting.hosts)
      add_addresses(host.host, host, names.ttl, records);
    for (const NameRule& rule : names.answers) {
      triggers.push_back(lengthened(rule, setting.scale));
      RecordsByName& instead = overlays[rule.line];
      for (const Record& record : rule.answer.records)
        add(record, instead);
    }
  }

  std::uint32_t real_ttl(Duration ttl) const {
    if (setting.scale <= 0) return 0; // time that is moved by hand outruns every cache
    const double seconds = std::chrono::duration<double>(ttl).count() / setting.scale;
    return static_cast<std::uint32_t>(
        std::min(seconds, static_cast<double>(std::numeric_limits<std::int32_t>::max())));
  }

  void add(const Record& record, RecordsByName& into) const {
    const Duration ttl = record.ttl.value_or(names.ttl);
    if (record.host.empty()) {
      into[record.owner].push_back(
          make_record(record.owner, record.type, data_of(record), real_ttl(ttl)));
      return;
    }
    for (const HostAddress& host : setting.hosts) {
      if (host.host != record.host) continue;
      const auto& addresses = record.type == RecordType::a ? host.ipv4 : host.ipv6;
      for (const std::string& address : addresses)
        into[record.owner].push_back(
            make_record(record.owner, record.type, address, real_ttl(ttl)));
    }
  }

  /// A record's data, with the sender's own name in its place.
  std::string data_of(const Record& record) const {
    std::string data = record.data;
    const std::size_t at = data.find(scenario::sender_host_placeholder);
    if (at == std::string::npos || record.type == RecordType::txt) return data;
    return data.replace(at, scenario::sender_host_placeholder.size(),
                        dotted_name(setting.sender_host));
  }

  void add_addresses(const std::string& owner, const HostAddress& host, Duration ttl,
                     RecordsByName& into) const {
    for (const std::string& address : host.ipv4)
      into[owner].push_back(make_record(owner, RecordType::a, address, real_ttl(ttl)));
    for (const std::string& address : host.ipv6)
      into[owner].push_back(make_record(owner, RecordType::aaaa, address, real_ttl(ttl)));
  }

  const RecordsByName* overlay(const NameRule* rule) const {
    if (rule == nullptr) return nullptr;
    const auto found = overlays.find(rule->line);
    return found == overlays.end() ? nullptr : &found->second;
  }

  ZoneSetting setting;
  scenario::DnsSettings names;
  RecordsByName records;
  std::map<std::string, WireRecord, std::less<>> soas; ///< of each domain
  std::map<int, RecordsByName> overlays;               ///< by the line of their rule
  std::vector<scenario::Trigger> triggers;             ///< of names.answers
  state::KeyTable<state::RuleCount> counts;            ///< of answers, by their line
  std::optional<Moment> first_contact;
};

Zone::Zone(const ZoneSetting& setting) : impl_(std::make_unique<Impl>(setting)) {}
Zone::~Zone() = default;

const scenario::Scenario& Zone::scenario() const {
  return *impl_->setting.scenario;
}

const std::vector<std::string>& Zone::domains() const {
  return impl_->names.domains;
}

void Zone::reset_state() {
  impl_ = std::make_unique<Impl>(impl_->setting);
}

const NameRule* Zone::firing_rule(const Query& query, Moment now) {
  if (!impl_->first_contact) impl_->first_contact = now;
  for (std::size_t i = 0; i < impl_->names.answers.size(); ++i) {
    const NameRule& rule = impl_->names.answers[i];
    if (!matches(rule, query)) continue;
    const scenario::Trigger& trigger = impl_->triggers[i];
    if (trigger.always()) return &rule;
    const std::string key = std::to_string(rule.line) + " ";
    state::RuleCount& count = impl_->counts.touch(key).value;
    count = state::count_once_more(count, *impl_->first_contact);
    if (state::fires(trigger, impl_->setting.seed, rule.line, key, count, now)) return &rule;
  }
  return nullptr;
}

const RecordList* Zone::records_at(std::string_view name, const NameRule* instead) const {
  if (const RecordsByName* const overlay = impl_->overlay(instead))
    if (const auto found = overlay->find(name); found != overlay->end()) return &found->second;
  const auto found = impl_->records.find(name);
  return found == impl_->records.end() ? nullptr : &found->second;
}

bool Zone::exists(std::string_view name, const NameRule* instead) const {
  if (impl_->soas.find(name) != impl_->soas.end() || records_at(name, instead) != nullptr)
    return true;
  return std::any_of(impl_->records.begin(), impl_->records.end(),
                     [name](const auto& entry) { return is_at_or_below(entry.first, name); });
}

const WireRecord& Zone::soa(std::string_view name) const {
  const std::string* best = &domains().front();
  for (const std::string& domain : domains())
    if (is_at_or_below(name, domain) && domain.size() > best->size()) best = &domain;
  return impl_->soas.find(*best)->second;
}

bool Zone::asks_for_scenario_records(const Query& query) const {
  return !impl_->setting.outside_scenarios && impl_->names.answers.empty() &&
         scenario::needs_name_server(scenario()) && query.name == domains().front();
}

bool Zone::authenticated() const {
  return impl_->names.authenticated;
}

std::uint32_t Zone::real_ttl(Duration ttl) const {
  return impl_->real_ttl(ttl);
}

} // namespace tempfail::dns
