// What the sender under test is given in a scenario, where it does not say so itself: the same whoever hands it over.
#pragma once

#include "control/values.hpp"
#include "scenario/model.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::control {

/// A message, and how it is to be sent.
struct ComposedMessage {
  std::string id;     ///< of its handover; the marks in the content name it
  std::string sender; ///< of the envelope, perhaps with a source route; empty: <>
  std::vector<std::string> recipients;
  std::vector<std::string> parameters; ///< of ESMTP, "NOTIFY=FAILURE"
  std::string message_id;              ///< without angle brackets
  std::string content;                 ///< lines ended by CR LF
};

/// The message number `number` (from 1) of a scenario. Each message has a sender of its own: a try that gets no further
/// than MAIL shows by it whose it is.
ComposedMessage compose(const scenario::Scenario& scenario, std::uint32_t number,
                        std::uint64_t seed);

/// Its handover to a sender.
HandoverRequest handover_of(const ComposedMessage& composed, const std::string& scenario);

/// "recipient-1@disk-full.test" and so on.
std::vector<std::string> case_recipients(const scenario::Scenario& scenario);

/// "NOTIFY=SUCCESS,FAILURE", "RET=HDRS", "ENVID=…" and "ORCPT=…" in xtext, "REQUIRETLS".
std::vector<std::string> parameters_of(const scenario::TestRequests& requests);

/// A message of somebody's own as it goes over the wire: every line ended by CR LF.
std::string with_crlf(std::string_view text);

/// What is the first of its kind has no number in its name: "", "-2".
std::string number_suffix(std::uint32_t number);

struct Credentials {
  std::string user;
  std::string password;
};
/// What AUTH takes: the first of the scenario's users, or anybody where it has none. Nothing: AUTH is not offered,
/// neither by the scenario nor, as `offered` says, in spite of it.
std::optional<Credentials> credentials_of(const scenario::Scenario& scenario, bool offered);

} // namespace tempfail::control
