// Deliverers around the real one that do what a correct sender never does.
#include "wrong_deliverers.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tempfail::client {
namespace {

/// A try whose results are looked at before the runner sees them.
struct Kept {
  explicit Kept(AttemptCallbacks told) : callbacks(std::move(told)) {}

  std::vector<RecipientResult> results{};
  AttemptCallbacks callbacks;

  void tell(const AttemptReport& report) const {
    for (std::size_t i = 0; i < results.size(); ++i)
      callbacks.settled(i, results[i]);
    AttemptReport told = report;
    told.results = results;
    callbacks.finished(told);
  }
};

class Wrong : public Deliverer {
 public:
  explicit Wrong(Deliverer& real) : real_(real) {}

 protected:
  /// Makes a real try and hands its report to `then` before anybody else knows.
  void attempt_quietly(const Message& message, std::span<const Recipient> recipients,
                       const DeliverySettings& settings,
                       std::function<void(const AttemptReport&)> then) {
    AttemptCallbacks quiet;
    quiet.finished = std::move(then);
    real_.attempt(message, recipients, settings, std::move(quiet));
  }

  Deliverer& real_;
};

/// Sends every message that was taken a second time.
class Duplicate final : public Wrong {
 public:
  using Wrong::Wrong;
  void attempt(const Message& message, std::span<const Recipient> recipients,
               const DeliverySettings& settings, AttemptCallbacks callbacks) override {
    const std::vector<Recipient> all{recipients.begin(), recipients.end()};
    const auto kept = std::make_shared<Kept>(std::move(callbacks));
    attempt_quietly(
        message, all, settings, [this, message, all, settings, kept](const AttemptReport& report) {
          kept->results = report.results;
          const bool taken =
              std::any_of(report.results.begin(), report.results.end(),
                          [](const auto& result) { return result.fate == Fate::delivered; });
          if (!taken) return kept->tell(report);
          attempt_quietly(message, all, settings,
                          [kept](const AttemptReport& again) { kept->tell(again); });
        });
  }
};

/// Takes a "later" for a yes.
class Lose final : public Wrong {
 public:
  using Wrong::Wrong;
  void attempt(const Message& message, std::span<const Recipient> recipients,
               const DeliverySettings& settings, AttemptCallbacks callbacks) override {
    const auto kept = std::make_shared<Kept>(std::move(callbacks));
    attempt_quietly(message, recipients, settings, [kept](const AttemptReport& report) {
      kept->results = report.results;
      for (RecipientResult& result : kept->results) {
        if (result.fate == Fate::transient) result.fate = Fate::delivered;
      }
      kept->tell(report);
    });
  }
};

/// Tries again for all recipients, those that have the message already too.
class AllAgain final : public Wrong {
 public:
  using Wrong::Wrong;
  void attempt(const Message& message, std::span<const Recipient> recipients,
               const DeliverySettings& settings, AttemptCallbacks callbacks) override {
    auto& known = known_[message.id];
    std::vector<Recipient> all{recipients.begin(), recipients.end()};
    const std::size_t wanted = all.size();
    for (const Recipient& other : known) {
      const bool there = std::any_of(all.begin(), all.end(), [&](const Recipient& one) {
        return one.address == other.address;
      });
      if (!there) all.push_back(other);
    }
    known = all;
    const auto kept = std::make_shared<Kept>(std::move(callbacks));
    attempt_quietly(message, all, settings, [kept, wanted](const AttemptReport& report) {
      kept->results.assign(report.results.begin(),
                           report.results.begin() + static_cast<std::ptrdiff_t>(wanted));
      kept->tell(report);
    });
  }

 private:
  std::map<std::string, std::vector<Recipient>> known_;
};

/// Falls back to clear text where TLS is required.
class ClearText final : public Wrong {
 public:
  using Wrong::Wrong;
  void attempt(const Message& message, std::span<const Recipient> recipients,
               const DeliverySettings& settings, AttemptCallbacks callbacks) override {
    const std::vector<Recipient> all{recipients.begin(), recipients.end()};
    const auto kept = std::make_shared<Kept>(std::move(callbacks));
    attempt_quietly(message, all, settings,
                    [this, message, all, settings, kept](const AttemptReport& report) {
                      kept->results = report.results;
                      if (report.results.front().failure != Failure::tls) return kept->tell(report);
                      DeliverySettings clear = settings;
                      clear.tls = TlsMode::never;
                      attempt_quietly(message, all, clear, [kept](const AttemptReport& again) {
                        kept->results = again.results;
                        kept->tell(again);
                      });
                    });
  }
};

} // namespace

std::unique_ptr<Deliverer> make_wrong_deliverer(std::string_view name, Deliverer& real) {
  if (name == "duplicate") return std::make_unique<Duplicate>(real);
  if (name == "lose") return std::make_unique<Lose>(real);
  if (name == "all-again") return std::make_unique<AllAgain>(real);
  if (name == "clear-text") return std::make_unique<ClearText>(real);
  return nullptr;
}

} // namespace tempfail::client
