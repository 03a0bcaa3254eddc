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

/// The value of a placeholder inside an argument; nothing when there is no such one.
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
                   "; allowed: " + allowed + "; {{ stands for a brace");
}

} // namespace

const std::vector<PlaceholderInfo>& placeholders() {
  static const std::vector<PlaceholderInfo> all = {
      {"host", "TEMPFAIL_HOST",
       "The address of the case's server; of the first, where it has several hosts."},
      {"port", "TEMPFAIL_PORT",
       "Its port, another one in every case unless --port says which; all hosts of a case have the "
       "same. In a lab 25, or 465."},
      {"scenario", "TEMPFAIL_SCENARIO", "The scenario's name."},
      {"sender", "TEMPFAIL_SENDER", "The envelope's sender; empty where that is <>."},
      {"recipient", "TEMPFAIL_RECIPIENT", "The first recipient."},
      {"recipients", "TEMPFAIL_RECIPIENTS",
       "All recipients (a scenario may ask for several): joined with commas in the command, "
       "with spaces in the variable."},
      {"message", "TEMPFAIL_MESSAGE",
       "A file with the message to send: RFC 5322, lines ended by CR LF, a Message-ID of its own."},
      {"message_lf", "TEMPFAIL_MESSAGE_LF",
       "The same message with lines ended by LF, as programs that are called sendmail expect it."},
      {"handover", "TEMPFAIL_HANDOVER",
       "A JSON file with all that a sender needs to know of the message: host, port, sender, "
       "recipients, the message's files and more (docs/handover.schema.json)."},
      {"handovers", "TEMPFAIL_HANDOVERS",
       "A JSON file with a list of such objects: one, or as many as the scenario gives the command "
       "messages to send. The other placeholders speak of the first."},
      {"result", "TEMPFAIL_RESULT",
       "A file in which the sender may say what became of the message, a line of JSON for each "
       "recipient: {\"recipient\": \"a@b.test\", \"result\": \"delivered\"}; the result is "
       "delivered, "
       "temporary, permanent or unknown; code (452) and status (4.3.1) may be added."},
      {"case_dir", "TEMPFAIL_CASE_DIR",
       "A directory of the case's own for the sender's files; kept with the report."},
      {"time_scale", "TEMPFAIL_TIME_SCALE",
       "How many seconds of protocol time pass in a real second: a sender under test divides "
       "its retry intervals by this."},
      {"user", "TEMPFAIL_USER", "Where the scenario announces AUTH: a name that it lets in."},
      {"password", "TEMPFAIL_PASSWORD", "The password that goes with it."},
      {"tls", "TEMPFAIL_TLS",
       "What the sender is to do about TLS, as --tls-policy says: none, opportunistic, required "
       "or verified."},
      {"tls_mode", "TEMPFAIL_TLS_MODE",
       "How the case's server speaks TLS: none, starttls, or implicit (from the first byte)."},
      {"dns", "TEMPFAIL_DNS",
       "With --dns, and in a lab: where the name server is, as 127.0.0.1:5300, for a sender that "
       "looks up MX records."},
      {"ca", "TEMPFAIL_CA",
       "Where the scenario speaks TLS: the file of the certificate authority to trust."},
      {"notify", "TEMPFAIL_NOTIFY",
       "When the sender of the message wants to be notified (RFC 3461): never, or a list of "
       "success, "
       "failure and delay with commas between; empty: it does not say."},
      {"ret", "TEMPFAIL_RET",
       "What a notification is to return: full or hdrs; empty: it does not say."},
      {"envid", "TEMPFAIL_ENVID", "The envelope id that notifications are to carry, not in xtext."},
      {"orcpt", "TEMPFAIL_ORCPT",
       "The original recipient, not in xtext: rfc822;user@example.test; empty: none is given."},
      {"parameters", "TEMPFAIL_PARAMETERS",
       "All of these, and SMTPUTF8 and REQUIRETLS where they are asked for, as MAIL and RCPT have "
       "them, with spaces between: NOTIFY=NEVER RET=HDRS."},
      {"queue_lifetime", "TEMPFAIL_QUEUE_LIFETIME",
       "After how long (protocol time) the sender is to give a message up, as --queue-lifetime "
       "says; "
       "empty: it does not."},
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

bool names_any(std::span<const std::string_view> names, const std::vector<std::string>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
    return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
      return argument.find(name) != std::string::npos;
    });
  });
}

bool names_message(const std::vector<std::string>& arguments) {
  constexpr std::array<std::string_view, 6> names = {"{message}",        "{message_lf}",
                                                     "{handover}",       "{handovers}",
                                                     "TEMPFAIL_MESSAGE", "TEMPFAIL_HANDOVER"};
  return names_any(names, arguments);
}

bool names_server(const std::vector<std::string>& arguments) {
  constexpr std::array<std::string_view, 6> names = {
      "{host}", "{port}", "{dns}", "TEMPFAIL_HOST", "TEMPFAIL_PORT", "TEMPFAIL_DNS"};
  return names_any(names, arguments);
}

bool names_all_messages(const std::vector<std::string>& arguments) {
  constexpr std::array<std::string_view, 2> names = {"{handovers}", "TEMPFAIL_HANDOVERS"};
  return names_any(names, arguments);
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
