// The figures for people and for scripts.
#include "client/stats/overview.hpp"

#include "client/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace tempfail::client {
namespace {

std::string percentage(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  std::ostringstream out;
  out << std::fixed << std::setprecision(1)
      << 100.0 * static_cast<double>(part) / static_cast<double>(whole) << '%';
  return out.str();
}

std::string shown(std::string_view text) {
  return text.empty() ? "-" : std::string{text};
}

} // namespace

std::string show_stats(const Overview& overview) {
  std::ostringstream out;
  std::uint64_t unsettled = 0;
  for (const auto& [state, count] : overview.states)
    unsettled += count;
  out << "Recipients in the queue: " << unsettled;
  for (const auto& [state, count] : overview.states)
    out << ", " << count << ' ' << name(state);
  out << "\nOldest message: " << (overview.oldest ? approximate(*overview.oldest) : "none");
  out << "\nNext try: " << (overview.next_try ? "in " + approximate(*overview.next_try) : "none")
      << '\n';
  const std::uint64_t delivered = overview.tries_with("delivered");
  const std::uint64_t transient = overview.tries_with("transient");
  const std::uint64_t permanent = overview.tries_with("permanent");
  const std::uint64_t all = delivered + transient + permanent;
  out << "Tries: " << all << ", " << delivered << " delivered (" << percentage(delivered, all)
      << "), " << transient << " deferred, " << permanent << " rejected\n";
  if (!overview.retry_counts.empty()) {
    out << "\nTRIES MADE  RECIPIENTS\n";
    for (const auto& [tries, count] : overview.retry_counts) {
      out << std::left << std::setw(12) << tries << count << '\n';
    }
  }
  if (!overview.tries.empty()) {
    out << '\n'
        << std::left << std::setw(10) << "STATUS" << std::setw(17) << "FAILURE" << std::setw(10)
        << "TRIES"
        << "HOST\n";
    auto sorted = overview.tries;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.count > b.count; });
    for (const TryCounts& entry : sorted) {
      out << std::setw(10) << entry.status << std::setw(17) << entry.failure << std::setw(10)
          << entry.count << shown(entry.host) << '\n';
    }
  }
  if (!overview.hosts.empty()) {
    out << '\n'
        << std::setw(26) << "ADDRESS" << std::setw(13) << "CONNECTIONS" << std::setw(9) << "USABLE"
        << "SUSPENDED\n";
    for (const HostCounts& host : overview.hosts) {
      const bool off = host.off_until && *host.off_until > overview.now;
      out << std::setw(26) << host.address << std::setw(13) << host.connections << std::setw(9)
          << percentage(host.connections - host.failed, host.connections)
          << (off ? "for " + approximate(*host.off_until - overview.now) : "-") << '\n';
    }
  }
  return out.str();
}

std::string stats_as_json(const Overview& overview) {
  nlohmann::ordered_json document;
  document["recipients"] = nlohmann::json::object();
  for (const auto& [state, count] : overview.states)
    document["recipients"][std::string{name(state)}] = count;
  document["oldest_s"] =
      overview.oldest ? nlohmann::json(seconds(*overview.oldest)) : nlohmann::json();
  document["next_try_s"] =
      overview.next_try ? nlohmann::json(seconds(*overview.next_try)) : nlohmann::json();
  document["due_within"] = overview.due_within;
  document["by_tries"] = nlohmann::json::object();
  for (const auto& [tries, count] : overview.retry_counts)
    document["by_tries"][std::to_string(tries)] = count;
  document["tries"] = nlohmann::json::array();
  for (const TryCounts& entry : overview.tries) {
    document["tries"].push_back({{"host", entry.host},
                                 {"status", entry.status},
                                 {"failure", entry.failure},
                                 {"fate", entry.fate},
                                 {"count", entry.count}});
  }
  document["hosts"] = nlohmann::json::array();
  for (const HostCounts& host : overview.hosts) {
    nlohmann::ordered_json entry{{"address", host.address},
                                 {"host", host.name},
                                 {"connections", host.connections},
                                 {"failed", host.failed},
                                 {"failures_in_row", host.failures_in_row}};
    if (host.off_until)
      entry["off_for_s"] = seconds(std::max(Duration{}, *host.off_until - overview.now));
    document["hosts"].push_back(std::move(entry));
  }
  document["counters"] = overview.counters;
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace tempfail::client
