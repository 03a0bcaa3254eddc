// A structured log of the runner's work.
#include "client/stats/log.hpp"

#include "base/printable.hpp"
#include "client/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tempfail::client {
namespace {

/// As it is when it is one plain word, else in quotes with escapes.
std::string as_value(std::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char letter) {
    return letter > ' ' && letter != '"' && letter != '=' && letter != '\\' && letter != 0x7f;
  });
  if (plain) return std::string{text};
  // JSON's quotes escape some control characters, and leave others.
  return base::printable(
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string tls_text(const TlsState& tls) {
  if (!tls.used) return "no";
  return tls.version + ' ' + tls.cipher + (tls.verified ? " verified" : " unverified");
}

std::string milliseconds(std::chrono::microseconds duration) {
  return std::to_string(duration.count() / 1000);
}

} // namespace

std::string Log::moment(Moment at) const {
  return to_rfc3339(clock_.time_of_day(at));
}

void Log::line(std::string_view event, Fields fields) {
  const std::string time = moment(clock_.now());
  std::string text;
  if (format_ == LogFormat::json) {
    nlohmann::ordered_json object{{"time", time}, {"event", event}};
    for (const auto& [key, value] : fields) {
      if (!value.empty()) object[std::string{key}] = value;
    }
    text = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  } else {
    text = "time=" + time + " event=" + std::string{event};
    for (const auto& [key, value] : fields) {
      if (!value.empty()) text.append(" ").append(key).append("=").append(as_value(value));
    }
  }
  write_(text + '\n');
}

void Log::try_began(const QueuedMessage& message, const std::vector<QueuedRecipient>& recipients) {
  line("try-began", {{"message", std::to_string(message.id)},
                     {"sender", '<' + message.sender + '>'},
                     {"recipients", std::to_string(recipients.size())},
                     {"first", recipients.front().recipient.address},
                     {"try", std::to_string(recipients.front().retry.tries + 1)}});
}

void Log::try_ended(const QueuedMessage& message, const QueuedRecipient& recipient,
                    const TryRecord& record, RecipientState state, Moment next) {
  const RecipientResult& result = record.result;
  line("try-ended", {{"message", std::to_string(message.id)},
                     {"recipient", recipient.recipient.address},
                     {"try", std::to_string(recipient.retry.tries + 1)},
                     {"state", std::string{name(state)}},
                     {"fate", std::string{name(result.fate)}},
                     {"failure", std::string{name(result.failure)}},
                     {"stage", std::string{name(result.stage)}},
                     {"status", result.status.text()},
                     {"code", result.code != 0 ? std::to_string(result.code) : ""},
                     {"text", result.text},
                     {"host", result.host},
                     {"address", result.address},
                     {"tls", tls_text(result.tls)},
                     {"in-doubt", result.in_doubt ? "yes" : ""},
                     {"rule", record.rule},
                     {"decision", record.decision},
                     {"next", state == RecipientState::waiting ? moment(next) : ""},
                     {"age", approximate(clock_.now() - message.accepted)}});
}

void Log::postponed(const QueuedRecipient& recipient, Moment until) {
  line("postponed", {{"message", std::to_string(recipient.message)},
                     {"recipient", recipient.recipient.address},
                     {"reason", "every host is suspended"},
                     {"next", moment(until)}});
}

void Log::connection(const HostTry& host) {
  line("connection", {{"host", host.host},
                      {"address", host.address},
                      {"failure", std::string{name(host.failure)}},
                      {"stage", std::string{name(host.stage)}},
                      {"text", host.text},
                      {"reused", host.reused ? "yes" : "no"},
                      {"dead", host.dead_reused_connection ? "yes" : ""},
                      {"ms", milliseconds(host.duration)}});
}

void Log::host_changed(const std::string& address, const HostRecord& record) {
  line(record.off_until ? "host-off" : (record.failures_in_row != 0 ? "host-failing" : "host-back"),
       {{"address", address},
        {"failures", std::to_string(record.failures_in_row)},
        {"probe", record.off_until ? moment(*record.off_until) : ""}});
}

void Log::notified(const QueuedMessage& about, MessageId notification, DsnAction action) {
  line("notified", {{"message", std::to_string(about.id)},
                    {"to", about.sender},
                    {"action", std::string{name(action)}},
                    {"notification", std::to_string(notification)}});
}

void Log::finished(const QueuedMessage& message) {
  line("finished", {{"message", std::to_string(message.id)},
                    {"age", approximate(clock_.now() - message.accepted)}});
}

void Log::paused(const std::string& why) {
  line("paused", {{"reason", why}});
}

void Log::resumed() {
  line("resumed", {});
}

void Log::note(std::string_view event, std::string_view detail) {
  line(event, {{"detail", std::string{detail}}});
}

} // namespace tempfail::client
