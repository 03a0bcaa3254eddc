// A runner over a queue in memory, in virtual time, with a script instead of the network.
#pragma once

#include "client/policy/load.hpp"
#include "client/runner/runner.hpp"
#include "client/runner/scripted_deliverer.hpp"

#include <stdexcept>

namespace tempfail::client {

inline const Moment start{std::chrono::seconds(1'700'000'000)};

inline RecipientResult outcome(std::string_view text) {
  std::string mistake;
  const auto result = parse_outcome(text, mistake);
  if (!result) throw std::invalid_argument(mistake);
  return *result;
}

inline ScriptPhase for_ever(std::string_view text) {
  return {outcome(text), {}, {}};
}
inline ScriptPhase lasting(std::string_view text, Duration duration) {
  return {outcome(text), duration, {}};
}
inline ScriptPhase until_try(std::string_view text, unsigned number) {
  return {outcome(text), {}, number};
}

inline Submission submission(std::vector<std::string> to, std::string from = "from@sender.test") {
  Submission result;
  result.sender = std::move(from);
  for (auto& address : to)
    result.recipients.push_back({.address = std::move(address)});
  result.content = std::make_shared<const std::string>("Subject: x\r\n\r\nHello\r\n");
  return result;
}

/// Remembers what it was asked to deliver, and asks the one behind it.
class Listening final : public Deliverer {
 public:
  struct Asked {
    Moment at{};
    std::string id{};
    std::string sender{};
    std::vector<std::string> recipients{};
    std::string content{};
    DeliverySettings settings{};
  };
  Listening(Clock& clock, Deliverer& behind) : clock_(clock), behind_(behind) {}
  void attempt(const Message& message, std::span<const Recipient> recipients,
               const DeliverySettings& settings, AttemptCallbacks callbacks) override {
    Asked asked{clock_.now(), message.id, message.sender, {}, *message.content, settings};
    for (const Recipient& recipient : recipients)
      asked.recipients.push_back(recipient.address);
    all.push_back(std::move(asked));
    behind_.attempt(message, recipients, settings, std::move(callbacks));
  }
  std::vector<Asked> all;

 private:
  Clock& clock_;
  Deliverer& behind_;
};

/// All of it together.
struct World {
  explicit World(Script script, std::string_view policy_text = "")
      : loaded(load_policy(policy_text)), scripted(*clock, std::move(script)),
        deliverer(*clock, scripted) {
    if (!loaded.problems.empty()) throw std::invalid_argument(loaded.problems.front().in("policy"));
    options.reporting_host = "sender.test";
  }
  /// Made when it is first asked for, so that a test can set the options before.
  Runner& runner() {
    if (!runner_) {
      runner_ =
          std::make_unique<Runner>(queue, *clock, deliverer, loaded.policy, options, observer);
      scripted.use_hosts(runner_->hosts());
      runner_->start();
    }
    return *runner_;
  }
  MessageId send(const Submission& given) {
    const MessageId id = queue.accept(given, clock->now());
    runner().wake();
    return id;
  }
  /// The tries of a message, as hours since the start.
  std::vector<double> tries(MessageId id) const {
    std::vector<double> hours;
    for (const auto& asked : deliverer.all) {
      if (asked.id == std::to_string(id))
        hours.push_back(static_cast<double>((asked.at - start).count()) / 3.6e9);
    }
    return hours;
  }
  /// The notifications that left, in order.
  std::vector<Listening::Asked> notifications() const {
    std::vector<Listening::Asked> found;
    for (const auto& asked : deliverer.all) {
      if (asked.sender.empty()) found.push_back(asked);
    }
    return found;
  }

  LoadedPolicy loaded;
  std::unique_ptr<VirtualClock> clock = make_virtual_clock(start);
  Queue queue{{}};
  ScriptedDeliverer scripted;
  Listening deliverer;
  RunnerOptions options;
  RunnerObserver* observer = nullptr;

 private:
  std::unique_ptr<Runner> runner_;
};

} // namespace tempfail::client
