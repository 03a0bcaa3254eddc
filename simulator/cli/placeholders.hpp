// {host} and friends in the command of `tempfail test`.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::cli {

/// What the placeholders stand for in one run of the command.
struct PlaceholderValues {
  std::string host;
  std::string port;
  std::string scenario;
  std::string sender;
  std::vector<std::string> recipients;
  std::string message;    ///< path of the message file; of the first where there are several
  std::string message_lf; ///< the same message with lines ended by LF
  std::string handover;   ///< path of the file that describes the message
  std::string handovers;  ///< path of the file that describes all messages
  std::string result;     ///< path of the file in which the sender says what became of them
  std::string case_directory;
  std::string time_scale;
  std::string user; ///< for AUTH; empty where the server does not announce it
  std::string password;
  std::string tls; ///< what the sender is told: "none", "opportunistic", "required", "verified"
  std::string tls_mode; ///< "none", "starttls", "implicit"
  std::string dns;      ///< where the name server is, "127.0.0.1:5300"; empty: there is none
  std::string ca;       ///< path of the certificate authority's file; empty: no TLS
  std::string notify;   ///< what the scenario asks for (RFC 3461); empty: nothing
  std::string ret;
  std::string envid;                   ///< as it is, not in xtext
  std::string orcpt;                   ///< likewise
  std::string requiretls = "no";       ///< "yes" or "no"
  std::string queue_lifetime;          ///< as declared, "5d"; empty: it is not
  std::vector<std::string> parameters; ///< all that is asked for, as ESMTP writes it
};

/// A placeholder, and its variable in the environment.
struct PlaceholderInfo {
  std::string_view name;     ///< "host"; empty: only a variable
  std::string_view variable; ///< "TEMPFAIL_HOST"
  std::string_view meaning;
};
const std::vector<PlaceholderInfo>& placeholders();

/// Fills in one argument. `{word}` that is no placeholder is a UsageError that lists those there
/// are;
/// `{{` is a brace, `${word}` is the shell's, and braces around anything but a word stay as they
/// are.
std::string fill_placeholders(std::string_view argument, const PlaceholderValues& values);
/// Whether one of the arguments has one of the names in it.
bool mentions_any(std::span<const std::string_view> names,
                  const std::vector<std::string>& arguments);
/// Whether the command is told where its message is: by a placeholder, or by a variable that it names.
bool mentions_message(const std::vector<std::string>& arguments);
/// Whether it is told where its server is.
bool mentions_server(const std::vector<std::string>& arguments);
/// Whether it is told where all its messages are.
bool mentions_all_messages(const std::vector<std::string>& arguments);
/// "TEMPFAIL_HOST=127.0.0.1" and so on.
std::vector<std::string> placeholder_environment(const PlaceholderValues& values);

} // namespace tempfail::cli
