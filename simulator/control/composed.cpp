// Composes what a scenario's sender is given: addresses, parameters, message.
#include "control/composed.hpp"

#include "base/ascii.hpp"
#include "base/domain.hpp"
#include "control/test_message.hpp"
#include "scenario/hosts.hpp"
#include "wire/address.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

namespace tempfail::control {

namespace {

constexpr std::string_view usual_sender = "sender@sender.test";

/// The usual sender, with a suffix that tells it from those of other messages.
std::string usual_sender_of(const std::string& suffix) {
  std::string sender(usual_sender);
  return sender.insert(sender.rfind('@'), suffix);
}

/// Who stands in the message's From field: the envelope's sender without its source route; of a message without one the
/// usual.
std::string author_of(const std::string& sender, const std::string& suffix) {
  if (sender.empty()) return usual_sender_of(suffix);
  return sender.starts_with('@') ? sender.substr(sender.find(':') + 1) : sender;
}

/// RFC 3461 section 4: what is not plain is written as +XX.
std::string xtext(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string written;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte < 0x7F && c != '+' && c != '=') {
      written += c;
    } else {
      written += '+';
      written += digits[byte >> 4U];
      written += digits[byte & 15U];
    }
  }
  return written;
}

/// The type of an original recipient is no xtext.
std::string orcpt_value(const std::string& text) {
  const std::size_t semicolon = text.find(';');
  return text.substr(0, semicolon + 1) + xtext(std::string_view(text).substr(semicolon + 1));
}

/// The header names domains in A-labels: it is the envelope that needs SMTPUTF8 for a U-label, and not the message.
std::vector<std::string> for_header(std::vector<std::string> recipients) {
  for (std::string& recipient : recipients) {
    const std::size_t domain = recipient.rfind('@') + 1;
    if (const auto in_a_labels = base::to_a_labels(std::string_view(recipient).substr(domain)))
      recipient.replace(domain, std::string::npos, *in_a_labels);
  }
  return recipients;
}

} // namespace

std::string with_crlf(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n' && !result.ends_with('\r')) result += '\r';
    result += c;
  }
  if (!result.empty() && !result.ends_with("\r\n")) result += "\r\n";
  return result;
}

std::string number_suffix(std::uint32_t number) {
  return number == 1 ? "" : "-" + std::to_string(number);
}

std::vector<std::string> parameters_of(const scenario::TestRequests& requests) {
  std::vector<std::string> parameters;
  if (!requests.notify.empty()) parameters.push_back("NOTIFY=" + base::upper(requests.notify));
  if (!requests.ret.empty()) parameters.push_back("RET=" + base::upper(requests.ret));
  if (!requests.envid.empty()) parameters.push_back("ENVID=" + xtext(requests.envid));
  if (!requests.orcpt.empty()) parameters.push_back("ORCPT=" + orcpt_value(requests.orcpt));
  if (requests.requiretls) parameters.emplace_back("REQUIRETLS");
  return parameters;
}

std::vector<std::string> case_recipients(const scenario::Scenario& scenario) {
  const std::vector<std::string> domains = scenario::written_domains_of(scenario);
  const std::size_t in_turn = scenario.test.rotates_domains ? domains.size() : 1;
  std::vector<std::string> recipients;
  for (std::uint32_t i = 0; i < std::max<std::uint32_t>(scenario.test.recipients, 1); ++i)
    recipients.push_back((scenario.test.smtputf8 ? "empfänger-" : "recipient-") +
                         std::to_string(i + 1) + "@" + domains[i % in_turn]);
  return recipients;
}

std::optional<Credentials> credentials_of(const scenario::Scenario& scenario, bool offered) {
  if (!scenario.server.auth && !offered) return std::nullopt;
  const bool anybody = !scenario.server.auth || scenario.server.auth->users.empty();
  if (anybody) return Credentials{"user", "secret"};
  const auto& [user, password] = *scenario.server.auth->users.begin();
  return Credentials{user, password};
}

ComposedMessage compose(const scenario::Scenario& scenario, std::uint32_t number,
                        std::uint64_t seed) {
  const std::string suffix = number_suffix(number);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  ComposedMessage composed;
  composed.id = std::to_string(number);
  composed.sender = scenario.test.sender.value_or(usual_sender_of(suffix));
  composed.recipients = case_recipients(scenario);
  if (scenario.test.smtputf8 || scenario::has_u_labels(scenario))
    composed.parameters.push_back("SMTPUTF8");
  for (std::string& parameter : parameters_of(scenario.test.requests))
    composed.parameters.push_back(std::move(parameter));
  composed.message_id = scenario.name + "-" + std::to_string(seed) + suffix + "@sender.test";
  MessageDetails details;
  details.sender = author_of(composed.sender, suffix);
  details.recipients = for_header(composed.recipients);
  details.message_id = composed.message_id;
  details.subject = "tempfail: " + scenario.name;
  details.unix_seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  details.handover = composed.id;
  composed.content = make_test_message(scenario.test.message, details);
  return composed;
}

HandoverRequest handover_of(const ComposedMessage& composed, const std::string& scenario) {
  HandoverRequest request;
  request.scenario = scenario;
  request.id = composed.id;
  request.sender = composed.sender;
  request.recipients = composed.recipients;
  request.parameters = composed.parameters;
  request.message_id = composed.message_id;
  request.content = composed.content;
  return request;
}

} // namespace tempfail::control
