// A structured log of the runner's work: one line for each thing that happens, with the detail to find a cause.
#pragma once

#include "client/runner/runner.hpp"

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace tempfail::client {

/// How a line is written.
enum class LogFormat {
  key_value, ///< time=… event=try-ended message=17 … ; values with spaces are quoted
  json,      ///< one JSON object a line
};

/// Writes what the runner tells. The moments are the time of day.
class Log final : public RunnerObserver {
 public:
  /// `write` takes whole lines, with their end.
  Log(const Clock& clock, LogFormat format, std::function<void(std::string_view)> write)
      : clock_(clock), format_(format), write_(std::move(write)) {}

  void try_began(const QueuedMessage& message,
                 const std::vector<QueuedRecipient>& recipients) override;
  void try_ended(const QueuedMessage& message, const QueuedRecipient& recipient,
                 const TryRecord& record, RecipientState state, Moment next) override;
  void postponed(const QueuedRecipient& recipient, Moment until) override;
  void connection(const HostTry& host) override;
  void host_changed(const std::string& address, const HostRecord& record) override;
  void notified(const QueuedMessage& about, MessageId notification, DsnAction action) override;
  void finished(const QueuedMessage& message) override;
  void paused(const std::string& why) override;
  void resumed() override;

  /// A line of the program's own: "started", "stopping".
  void note(std::string_view event, std::string_view detail);

 private:
  using Fields = std::initializer_list<std::pair<std::string_view, std::string>>;
  void line(std::string_view event, Fields fields);
  std::string moment(Moment at) const;

  const Clock& clock_;
  LogFormat format_;
  std::function<void(std::string_view)> write_;
};

} // namespace tempfail::client
