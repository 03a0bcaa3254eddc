// Fills {host} and friends into arguments and environment.
#include "cli/placeholders.hpp"

#include "cli/error.hpp"
#include "cli/text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace tempfail::cli {

namespace {

/// The value of a placeholder inside an argument; nothing if there is no such placeholder.
std::optional<std::string> value_of(std::string_view name, const PlaceholderValues& values) {
  if (name == "host") return values.host;
  if (name == "port") return values.port;
  if (name == "scenario") return values.scenario;
  if (name == "sender") return values.sender;
  if (name == "recipient") return values.recipients.empty() ? "" : values.recipients.front();
  if (name == "recipients") return joined(values.recipients, ",");
  if (name == "message") return values.message;
  if (name == "message_lf") return values.message_lf;
  if (name == "handover") return values.handover;
  if (name == "handovers") return values.handovers;
  if (name == "result") return values.result;
  if (name == "case_dir") return values.case_directory;
  if (name == "time_scale") return values.time_scale;
  if (name == "user") return values.user;
  if (name == "password") return values.password;
  if (name == "tls") return values.tls;
  if (name == "tls_mode") return values.tls_mode;
  if (name == "dns") return values.dns;
  if (name == "ca") return values.ca;
  if (name == "notify") return values.notify;
  if (name == "ret") return values.ret;
  if (name == "envid") return values.envid;
  if (name == "orcpt") return values.orcpt;
  if (name == "requiretls") return values.requiretls;
  if (name == "queue_lifetime") return values.queue_lifetime;
  if (name == "parameters") return joined(values.parameters, " ");
  return std::nullopt;
}

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
}

[[noreturn]] void complain_unknown(std::string_view name) {
  std::string allowed;
  std::vector<std::string> names;
  for (const PlaceholderInfo& info : placeholders()) {
    names.emplace_back(info.name);
    allowed += (allowed.empty() ? "{" : ", {") + std::string(info.name) + "}";
  }
  const std::string near = nearest(name, names);
  throw UsageError("unknown placeholder {" + std::string(name) + "}" +
                   (near.empty() ? std::string() : "; did you mean {" + near + "}?") +
                   "; allowed: " + allowed + "; write {{ for a brace");
}

} // namespace

const std::vector<PlaceholderInfo>& placeholders() {
  static const std::vector<PlaceholderInfo> all = {
      {"host", "TEMPFAIL_HOST",
       "The address of the case's server, or of its first host if it has several."},
      {"port", "TEMPFAIL_PORT",
       "The server's port. Each case has another one, unless --port sets it; all hosts of a case "
       "have the same. In a lab it is 25 or 465."},
      {"scenario", "TEMPFAIL_SCENARIO", "The scenario's name."},
      {"sender", "TEMPFAIL_SENDER", "The envelope sender; empty for <>."},
      {"recipient", "TEMPFAIL_RECIPIENT", "The first recipient."},
      {"recipients", "TEMPFAIL_RECIPIENTS",
       "All recipients (a scenario may have several), separated by commas in the command, and by "
       "spaces in the variable."},
      {"message", "TEMPFAIL_MESSAGE",
       "A file with the message to send: RFC 5322, with CR LF line ends and its own Message-ID."},
      {"message_lf", "TEMPFAIL_MESSAGE_LF",
       "The same message with LF line ends, as sendmail programs expect it."},
      {"handover", "TEMPFAIL_HANDOVER",
       "A JSON file with all that a sender needs to know about the message: host, port, sender, "
       "recipients, the message's files and more (docs/handover.schema.json)."},
      {"handovers", "TEMPFAIL_HANDOVERS",
       "A JSON file with a list of objects like the one in {handover}: one for each message that "
       "the command has to send. All other placeholders are about the first message."},
      {"result", "TEMPFAIL_RESULT",
       "A file into which the sender may write the result, with a line of JSON for each recipient: "
       "{\"recipient\": \"a@b.test\", \"result\": \"delivered\"}. The result is delivered, "
       "temporary, permanent or unknown; code (452) and status (4.3.1) are optional."},
      {"case_dir", "TEMPFAIL_CASE_DIR",
       "A directory for the sender's files, a separate one for each case, kept with the report."},
      {"time_scale", "TEMPFAIL_TIME_SCALE",
       "The value of --time-scale: the sender has to divide its retry intervals by it."},
      {"user", "TEMPFAIL_USER", "A valid user name, if the scenario announces AUTH."},
      {"password", "TEMPFAIL_PASSWORD", "The password of that user."},
      {"tls", "TEMPFAIL_TLS",
       "The sender's TLS policy, as --tls-policy sets it: none, opportunistic, required or "
       "verified."},
      {"tls_mode", "TEMPFAIL_TLS_MODE",
       "How the case's server offers TLS: none, starttls, or implicit (from the first byte)."},
      {"dns", "TEMPFAIL_DNS",
       "The address of the name server, such as 127.0.0.1:5300, for a sender that looks up MX "
       "records. Only with --dns, and in a lab."},
      {"ca", "TEMPFAIL_CA",
       "The file with the certificate authority that the sender has to trust, if the scenario "
       "uses TLS."},
      {"notify", "TEMPFAIL_NOTIFY",
       "When the sender has to request notifications (NOTIFY, RFC 3461): never, or a "
       "comma-separated list of success, failure and delay; empty without a request."},
      {"ret", "TEMPFAIL_RET",
       "How much of the message a notification has to return (RET): full, or hdrs (only the "
       "header); empty without a request."},
      {"envid", "TEMPFAIL_ENVID",
       "The envelope id for notifications (ENVID), not in xtext; empty if there is none."},
      {"orcpt", "TEMPFAIL_ORCPT",
       "The original recipient (ORCPT), not in xtext, such as rfc822;user@example.test; empty if "
       "there is none."},
      {"requiretls", "TEMPFAIL_REQUIRETLS",
       "Whether the message has to be sent with REQUIRETLS (RFC 8689): yes or no."},
      {"parameters", "TEMPFAIL_PARAMETERS",
       "All parameters that the sender has to give with MAIL and RCPT, separated by spaces, such "
       "as NOTIFY=NEVER RET=HDRS: the requests for notifications, SMTPUTF8 and REQUIRETLS."},
      {"queue_lifetime", "TEMPFAIL_QUEUE_LIFETIME",
       "The value of --queue-lifetime: the protocol time after which the sender has to give up; "
       "empty without that option."},
  };
  return all;
}

std::string fill_placeholders(std::string_view argument, const PlaceholderValues& values) {
  std::string result;
  std::size_t at = 0;
  while (at < argument.size()) {
    const char c = argument[at];
    if (c != '{') {
      result += c;
      ++at;
      continue;
    }
    if (argument.substr(at).starts_with("{{")) {
      result += '{';
      at += 2;
      continue;
    }
    const std::size_t end = argument.find('}', at);
    const bool shell = at > 0 && argument[at - 1] == '$';
    if (shell || end == std::string_view::npos || !is_word(argument.substr(at + 1, end - at - 1))) {
      result += c;
      ++at;
      continue;
    }
    const std::string_view name = argument.substr(at + 1, end - at - 1);
    const std::optional<std::string> value = value_of(name, values);
    if (!value) complain_unknown(name);
    result += *value;
    at = end + 1;
  }
  return result;
}

bool mentions_any(std::span<const std::string_view> names,
                  const std::vector<std::string>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
    return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
      return argument.find(name) != std::string::npos;
    });
  });
}

bool mentions_message(const std::vector<std::string>& arguments) {
  constexpr std::array<std::string_view, 6> names = {"{message}",        "{message_lf}",
                                                     "{handover}",       "{handovers}",
                                                     "TEMPFAIL_MESSAGE", "TEMPFAIL_HANDOVER"};
  return mentions_any(names, arguments);
}

bool mentions_server(const std::vector<std::string>& arguments) {
  constexpr std::array<std::string_view, 6> names = {
      "{host}", "{port}", "{dns}", "TEMPFAIL_HOST", "TEMPFAIL_PORT", "TEMPFAIL_DNS"};
  return mentions_any(names, arguments);
}

bool mentions_all_messages(const std::vector<std::string>& arguments) {
  constexpr std::array<std::string_view, 2> names = {"{handovers}", "TEMPFAIL_HANDOVERS"};
  return mentions_any(names, arguments);
}

std::vector<std::string> placeholder_environment(const PlaceholderValues& values) {
  std::vector<std::string> result;
  for (const PlaceholderInfo& info : placeholders()) {
    const std::string value = info.name == "recipients" ? joined(values.recipients, " ")
                                                        : value_of(info.name, values).value_or("");
    result.push_back(std::string(info.variable) + "=" + value);
  }
  return result;
}

} // namespace tempfail::cli
