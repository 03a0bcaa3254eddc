// A deliverer that answers from a script: what a simulation uses instead of the network.
#pragma once

#include "client/base/clock.hpp"
#include "client/delivery/deliverer.hpp"
#include "client/policy/host_list.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::client {

/// A stretch in which every try yields the same.
struct ScriptPhase {
  RecipientResult outcome{};
  std::optional<Duration> lasts{}; ///< from the end of the phase before it
  std::optional<unsigned>
      until_try{}; ///< until the try of that number (from 1) begins; neither: for ever
};

/// What tries yield, in order; after the last phase everything is delivered.
using Script = std::vector<ScriptPhase>;

/// An outcome as a person writes it: "4.3.2" (a server says so), "432" or "451 4.7.1 greylisted" (the reply), or
/// a kind of failure, "connect-timeout", "dropped@message". Statuses that no server says (4.4.1, 4.4.2, 4.4.3)
/// stand for what causes them. Nothing and the mistake in `mistake` when it is none.
std::optional<RecipientResult> parse_outcome(std::string_view text, std::string& mistake);

/// Plays one script for all recipients, counted in tries of a message.
class ScriptedDeliverer final : public Deliverer {
 public:
  ScriptedDeliverer(Clock& clock, Script script)
      : clock_(clock), script_(std::move(script)), start_(clock.now()) {}

  /// From now on tries go by the list of active hosts, as on the network.
  void use_hosts(HostList& hosts) { hosts_ = &hosts; }

  void attempt(const Message& message, std::span<const Recipient> recipients,
               const DeliverySettings& settings, AttemptCallbacks callbacks) override;

  std::size_t attempts() const { return attempts_; }

 private:
  RecipientResult outcome(unsigned number) const;

  Clock& clock_;
  Script script_;
  Moment start_;
  HostList* hosts_ = nullptr;
  std::size_t attempts_ = 0;
  std::map<std::string, unsigned> tries_; ///< by message
};

} // namespace tempfail::client
