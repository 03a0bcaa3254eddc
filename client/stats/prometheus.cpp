// The figures in Prometheus' text format.
#include "client/stats/overview.hpp"

#include <sstream>

namespace tempfail::client {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

std::string escaped(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '\n') {
      result += "\\n";
      continue;
    }
    if (letter == '\\' || letter == '"') result += '\\';
    result += letter;
  }
  return result;
}

/// Writes one metric after the other, each with its explanation.
class MetricsPage {
 public:
  void metric(std::string_view name, std::string_view type, std::string_view help) {
    name_ = "tempfail_send_" + std::string{name};
    out_ << "# HELP " << name_ << ' ' << help << "\n# TYPE " << name_ << ' ' << type << '\n';
  }
  template <typename Number>
  void sample(Number value, const Labels& labels = {}) {
    out_ << name_;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      out_ << (i == 0 ? "{" : ",") << labels[i].first << "=\"" << escaped(labels[i].second) << '"';
    }
    if (!labels.empty()) out_ << '}';
    out_ << ' ' << value << '\n';
  }
  std::string text() const { return out_.str(); }

 private:
  std::ostringstream out_;
  std::string name_;
};

std::uint64_t counter(const Overview& overview, const std::string& name) {
  const auto found = overview.counters.find(name);
  return found == overview.counters.end() ? 0 : found->second;
}

void write_queue(MetricsPage& page, const Overview& overview) {
  page.metric("recipients", "gauge", "Recipients in the queue without a final result, by state.");
  for (const auto state : {RecipientState::waiting, RecipientState::trying,
                           RecipientState::committing, RecipientState::held}) {
    const auto found = overview.states.find(state);
    page.sample(found == overview.states.end() ? 0 : found->second,
                {{"state", std::string{name(state)}}});
  }
  page.metric("queue_oldest_seconds", "gauge",
              "Age of the oldest message that is not finished; 0: none.");
  page.sample(seconds(overview.oldest.value_or(Duration{})));
  page.metric("next_try_seconds", "gauge", "Time until the next try is due; absent if none is.");
  if (overview.next_try) page.sample(seconds(*overview.next_try));
  page.metric("recipients_due", "gauge",
              "Waiting recipients whose next try is due within this time.");
  for (const auto& [within, count] : overview.due_within)
    page.sample(count, {{"within", within}});
  page.metric("recipients_by_tries", "gauge",
              "Recipients without a final result, by the number of tries.");
  for (const auto& [tries, count] : overview.retry_counts)
    page.sample(count, {{"tries", std::to_string(tries)}});
}

void write_history(MetricsPage& page, const Overview& overview) {
  page.metric("tries_total", "counter",
              "Tries of recipients, by host, status, kind of failure and fate.");
  for (const TryCounts& entry : overview.tries) {
    page.sample(entry.count, {{"host", entry.host},
                              {"status", entry.status},
                              {"failure", entry.failure},
                              {"fate", entry.fate}});
  }
  page.metric("connections_total", "counter", "Connections made or tried, by address and result.");
  for (const HostCounts& host : overview.hosts) {
    page.sample(host.connections - host.failed,
                {{"address", host.address}, {"host", host.name}, {"result", "usable"}});
    page.sample(host.failed,
                {{"address", host.address}, {"host", host.name}, {"result", "failed"}});
  }
  page.metric("host_off", "gauge", "1 while a host is suspended.");
  for (const HostCounts& host : overview.hosts) {
    page.sample(host.off_until && *host.off_until > overview.now ? 1 : 0,
                {{"address", host.address}});
  }
  page.metric("messages_accepted_total", "counter", "Messages accepted into the queue.");
  page.sample(counter(overview, "messages_accepted"));
  page.metric("notifications_queued_total", "counter", "Delivery status notifications made.");
  page.sample(counter(overview, "notifications_queued"));
  page.metric("recipients_in_doubt_total", "counter", "Tries whose result is unknown.");
  page.sample(counter(overview, "in_doubt"));
  page.metric("tries_cut_off_total", "counter",
              "Tries that a crash interrupted before the message could have been accepted.");
  page.sample(counter(overview, "tries_cut_off"));
}

} // namespace

std::string stats_for_prometheus(const Overview& overview) {
  MetricsPage page;
  write_queue(page, overview);
  write_history(page, overview);
  return page.text();
}

} // namespace tempfail::client
