// Plays a policy against a script in virtual time.
#include "client/runner/simulate.hpp"

#include "client/base/text.hpp"
#include "client/runner/runner.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

namespace tempfail::client {
namespace {

/// 1 January 2024, 00:00 UTC: any moment will do, as long as it is always the same.
constexpr Moment beginning{std::chrono::seconds(1'704'067'200)};

/// Writes down what the runner tells.
class Recorder final : public RunnerObserver {
 public:
  Recorder(const Clock& clock, Simulation& simulation) : clock_(clock), simulation_(simulation) {}

  void try_ended(const QueuedMessage& message, const QueuedRecipient& recipient,
                 const TryRecord& record, RecipientState state, Moment /*next*/) override {
    if (message.notification) return;
    ++simulation_.tries;
    SimulationStep& step = add(recipient.message);
    step.number = recipient.retry.tries + 1;
    const RecipientResult& result = record.result;
    step.outcome = result.fate == Fate::delivered ? "delivered"
                   : result.replied
                       ? std::to_string(result.code) + ' ' + result.text
                       : result.status.text() + ' ' + std::string{name(result.failure)};
    step.next = record.decision;
    if (state == RecipientState::delivered) ++simulation_.delivered;
    if (state == RecipientState::failed) ++simulation_.failed;
    if (state == RecipientState::held) ++simulation_.held;
  }
  void postponed(const QueuedRecipient& recipient, Moment until) override {
    SimulationStep& step = add(recipient.message);
    step.outcome = "host is suspended";
    step.next = "waits " + approximate(until - clock_.now());
  }
  void notified(const QueuedMessage& about, MessageId /*notification*/, DsnAction action) override {
    add(about.id).outcome = "notification: " + std::string{name(action)};
  }
  void host_changed(const std::string& address, const HostRecord& record) override {
    if (record.off_until) {
      add(0).outcome = address + " suspended for " + approximate(*record.off_until - clock_.now());
    }
  }

 private:
  SimulationStep& add(MessageId message) {
    simulation_.steps.push_back({clock_.now() - beginning, message, 0, {}, {}});
    return simulation_.steps.back();
  }

  const Clock& clock_;
  Simulation& simulation_;
};

/// Notifications leave at once; what the script says is about the message.
class Switch final : public Deliverer {
 public:
  Switch(Clock& clock, Deliverer& scripted) : healthy_(clock, {}), scripted_(scripted) {}

  void attempt(const Message& message, std::span<const Recipient> recipients,
               const DeliverySettings& settings, AttemptCallbacks callbacks) override {
    Deliverer& chosen = message.sender.empty() ? static_cast<Deliverer&>(healthy_) : scripted_;
    chosen.attempt(message, recipients, settings, std::move(callbacks));
  }

 private:
  ScriptedDeliverer healthy_;
  Deliverer& scripted_;
};

} // namespace

Simulation simulate(const Policy& policy, const SimulationRequest& request) {
  Simulation simulation;
  const auto clock = make_virtual_clock(beginning);
  Queue queue{{}};
  ScriptedDeliverer scripted{*clock, request.script};
  Switch deliverer{*clock, scripted};
  Recorder recorder{*clock, simulation};
  RunnerOptions options;
  options.seed = request.seed;
  options.reporting_host = "sender.example";
  options.keep_finished = std::chrono::hours(24 * 365);
  Runner runner{queue, *clock, deliverer, policy, options, &recorder};
  scripted.use_hosts(runner.hosts());

  Submission submission;
  submission.sender = "sender@sender.example";
  submission.recipients.push_back({.address = "recipient@mail.example"});
  submission.content = std::make_shared<const std::string>("Subject: simulated\r\n\r\nHello\r\n");
  for (unsigned i = 0; i < request.messages; ++i) {
    clock->schedule(beginning + request.apart * i, [&] {
      queue.accept(submission, clock->now());
      runner.wake();
    });
  }
  runner.start();
  simulation.ended = clock->run(beginning + request.limit);
  return simulation;
}

std::string show_simulation(const Simulation& simulation) {
  const bool many = std::any_of(simulation.steps.begin(), simulation.steps.end(),
                                [](const auto& step) { return step.message > 1; });
  std::ostringstream out;
  const auto column = [&out](std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    out << text << "  ";
  };
  column("TIME", 10);
  if (many) column("MESSAGE", 7);
  column("TRY", 4);
  column("OUTCOME", 40);
  out << "NEXT\n";
  for (const SimulationStep& step : simulation.steps) {
    column(approximate(step.at), 10);
    if (many) column(step.message != 0 ? std::to_string(step.message) : "", 7);
    column(step.number != 0 ? std::to_string(step.number) : "", 4);
    column(step.outcome, 40);
    out << step.next << '\n';
  }
  out << '\n'
      << simulation.tries << " tries: " << simulation.delivered << " delivered, "
      << simulation.failed << " failed, " << simulation.held << " held";
  if (!simulation.ended) out << "; the simulation's time limit came first";
  out << '\n';
  return out.str();
}

std::string simulation_as_json(const Simulation& simulation) {
  nlohmann::ordered_json document;
  document["steps"] = nlohmann::json::array();
  for (const SimulationStep& step : simulation.steps) {
    nlohmann::ordered_json entry;
    entry["at_s"] = static_cast<double>(step.at.count()) / 1e6;
    entry["message"] = step.message;
    if (step.number != 0) entry["try"] = step.number;
    entry["outcome"] = step.outcome;
    entry["next"] = step.next;
    document["steps"].push_back(std::move(entry));
  }
  document["tries"] = simulation.tries;
  document["delivered"] = simulation.delivered;
  document["failed"] = simulation.failed;
  document["held"] = simulation.held;
  document["ended"] = simulation.ended;
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace tempfail::client
