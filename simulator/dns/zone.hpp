// The names of one scenario: what its records say, what its rules say instead, and the state of both.
#pragma once

#include "dns/message.hpp"
#include "scenario/model.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::dns {

/// Where a host of a scenario is.
struct HostAddress {
  std::string host; ///< absolute, as scenario::Host::name
  std::vector<std::string> ipv4;
  std::vector<std::string> ipv6;
};

/// What a zone is made of.
struct ZoneSetting {
  scenario::ScenarioPtr scenario;
  std::vector<HostAddress> hosts;                                       ///< all of the scenario's
  std::string sender_host = std::string(scenario::default_sender_host); ///< the sender's own host
  std::uint64_t seed = 0;
  double scale =
      1; ///< protocol seconds in a real one; 0: moved by hand. Caches count in real time.
  bool outside_scenarios = false; ///< further names, which belong to no scenario
};

class Zone {
 public:
  /// Throws std::invalid_argument when a record can't be on the wire.
  explicit Zone(const ZoneSetting& setting);
  ~Zone();
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

  const scenario::Scenario& scenario() const;
  /// The domains that are this zone's, absolute and in lower case.
  const std::vector<std::string>& domains() const;
  /// Back to how it was before the first query.
  void reset_state();

  /// The rule that this query meets, which counts it; null: none.
  const scenario::NameRule* firing_rule(const Query& query, Moment now);
  /// All records there are at a name. `instead`: those of a rule that are there in place of the zone's.
  const RecordList* records_at(std::string_view name, const scenario::NameRule* instead) const;
  /// Whether there is anything at the name, or below it (RFC 8020); a domain is there in any case.
  bool exists(std::string_view name, const scenario::NameRule* instead) const;
  /// The SOA of the domain that the name is in, with which "there is none" is said (RFC 2308).
  const WireRecord& soa(std::string_view name) const;
  /// Whether this query asks for what the scenario is about, where it has no rules: its domain's records.
  bool asks_for_scenario_records(const Query& query) const;
  bool authenticated() const;
  /// A time to live as caches count it: in whole seconds of real time.
  std::uint32_t real_ttl(Duration ttl) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace tempfail::dns
