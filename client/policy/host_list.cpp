// Taking hosts off the active list, and putting them back.
#include "client/policy/host_list.hpp"

#include <algorithm>
#include <cmath>

namespace tempfail::client {

bool HostList::acquire(std::string_view host, Moment now) {
  const auto found = hosts_.find(host);
  if (found == hosts_.end() || !found->second.off_until) return true;
  HostRecord& record = found->second;
  if (now < *record.off_until || record.probing) return false;
  record.probing = true;
  return true;
}

void HostList::withdraw(std::string_view host) {
  const auto found = hosts_.find(host);
  if (found != hosts_.end()) found->second.probing = false;
}

void HostList::record(std::string_view host, Failure failure, Moment now) {
  if (rules_.after == 0) return;
  auto found = hosts_.find(host);
  if (!counts(failure)) {
    if (found == hosts_.end()) return;
    // It answered, if only to refuse: it is back. The record goes, so that the list stays as short
    // as the trouble.
    const std::string name = found->first;
    hosts_.erase(found);
    if (changed_) changed_(name, HostRecord{});
    return;
  }
  if (found == hosts_.end()) found = hosts_.emplace(std::string{host}, HostRecord{}).first;
  HostRecord& entry = found->second;
  ++entry.failures_in_row;
  // A session that was begun before the host went off the list says nothing new about it.
  const bool already_off = entry.off_until && !entry.probing && now < *entry.off_until;
  if (entry.failures_in_row >= rules_.after && !already_off) {
    entry.off_until = now + pause(entry.pauses++);
    entry.probing = false;
  }
  if (changed_) changed_(found->first, entry);
}

std::optional<Moment> HostList::next_probe() const {
  std::optional<Moment> earliest;
  for (const auto& [host, record] : hosts_) {
    if (!record.off_until || record.probing) continue;
    if (!earliest || *record.off_until < *earliest) earliest = record.off_until;
  }
  return earliest;
}

void HostList::restore(std::string host, HostRecord record) {
  record.probing = false;
  hosts_.insert_or_assign(std::move(host), record);
}

bool HostList::counts(Failure failure) const {
  return std::find(rules_.failures.begin(), rules_.failures.end(), failure) !=
         rules_.failures.end();
}

Duration HostList::pause(unsigned count) const {
  const double wanted = static_cast<double>(rules_.first.count()) * std::pow(rules_.factor, count);
  if (wanted >= static_cast<double>(rules_.longest.count())) return rules_.longest;
  return Duration{std::llround(wanted)};
}

} // namespace tempfail::client
