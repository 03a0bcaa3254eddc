// Which message to send, from whom and to whom.
#include "client/cli/message_options.hpp"

#include "client/base/text.hpp"
#include "client/cli/command.hpp"
#include "client/cli/header.hpp"
#include "client/cli/input.hpp"
#include "client/delivery/smtp_deliverer.hpp"

#include <CLI/CLI.hpp>

#include <pwd.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>

namespace tempfail::client {
namespace {

std::string user_name() {
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::getuid());
}

/// Enough of RFC 5321's syntax that an address can't break out of its command.
void check_address(const std::string& address) {
  const auto at = address.rfind('@');
  const bool clean = std::none_of(address.begin(), address.end(), [](char letter) {
    return static_cast<unsigned char>(letter) <= ' ' || letter == '<' || letter == '>' ||
           letter == 0x7f;
  });
  if (!clean || at == std::string::npos || at == 0 || at + 1 == address.size() ||
      address.size() > 254 + 64) {
    throw CommandError(exit_data,
                       "'" + address + "' is not a valid mail address; allowed: user@example.org");
  }
}

std::uint8_t notify_bits(const std::string& text) {
  if (text.empty()) return notify_default;
  std::uint8_t bits = 0;
  std::string_view rest{text};
  while (!rest.empty()) {
    const auto word = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (word == "never")
      bits |= notify_never;
    else if (word == "success")
      bits |= notify_success;
    else if (word == "failure")
      bits |= notify_failure;
    else if (word == "delay")
      bits |= notify_delay;
    else
      throw CommandError(exit_usage,
                         "'" + std::string{word} + "': allowed: never, or success,failure,delay");
  }
  if ((bits & notify_never) != 0 && bits != notify_never) {
    throw CommandError(exit_usage, "never can't be combined with others");
  }
  return bits;
}

DsnReturn dsn_return(const std::string& text) {
  if (text.empty()) return DsnReturn::unset;
  if (text == "full") return DsnReturn::full;
  if (text == "hdrs") return DsnReturn::headers;
  throw CommandError(exit_usage, "'" + text + "': allowed: full, hdrs");
}

/// RFC 3461 section 4: what is not plain is written as +XX.
std::string xtext(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte > ' ' && byte < 0x7f && letter != '+' && letter != '=') {
      result += letter;
    } else {
      result += '+';
      result += digits[byte >> 4U];
      result += digits[byte & 15U];
    }
  }
  return result;
}

/// ORCPT as it goes on the wire: the type, and the address in xtext.
std::string original_recipient(const std::string& text, std::size_t recipients) {
  if (text.empty()) return {};
  const auto semicolon = text.find(';');
  if (semicolon == std::string::npos || semicolon == 0 || semicolon + 1 == text.size()) {
    throw CommandError(exit_usage, "--orcpt '" + text + "': allowed: rfc822;user@example.org");
  }
  if (recipients != 1) {
    throw CommandError(exit_usage,
                       "--orcpt is for one recipient, but there are " + std::to_string(recipients));
  }
  return text.substr(0, semicolon + 1) + xtext(std::string_view{text}.substr(semicolon + 1));
}

/// The mailbox at the end of a source route: notifications go there (RFC 5321 section 6.1), and nobody is sent
/// along the route (appendix F.2).
std::string last_hop(const std::string& path) {
  const auto colon = path.find(':');
  return path.starts_with('@') && colon != std::string::npos ? path.substr(colon + 1) : path;
}

std::string unique_id(std::string_view host) {
  std::array<unsigned char, 12> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw CommandError(exit_os, "no random numbers are available");
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  for (const unsigned char byte : bytes) {
    id += digits[byte >> 4U];
    id += digits[byte & 15U];
  }
  return id + '@' + std::string{host};
}

/// The message and its envelope, ready to be queued; `host` names this system in fields it has to add.
Submission make_submission(const MessageOptions& options, std::string_view text,
                           std::string_view host) {
  Header header{normalize_lines(text)};
  Submission submission;
  std::vector<std::string> addresses = options.recipients;
  if (options.recipients_from_header) {
    for (const char* field : {"To", "Cc", "Bcc"}) {
      for (auto& address : header.addresses(field))
        addresses.push_back(std::move(address));
    }
  }
  header.remove(
      "Bcc"); // the one who sends it sees to it that nobody reads it (RFC 5322 section 3.6.3)
  if (addresses.empty()) throw CommandError(exit_usage, "no recipients");
  const auto from = header.addresses("From");
  const std::string self = user_name() + '@' + std::string{host};
  submission.sender = last_hop(options.sender.value_or(from.empty() ? self : from.front()));
  if (!submission.sender.empty()) check_address(submission.sender);
  for (const std::string& address : addresses) {
    check_address(address);
    const bool known =
        std::any_of(submission.recipients.begin(), submission.recipients.end(),
                    [&](const Recipient& other) { return other.address == address; });
    if (known) continue; // named twice, delivered once
    Recipient recipient;
    recipient.address = address;
    recipient.notify = notify_bits(options.notify);
    submission.recipients.push_back(std::move(recipient));
  }
  submission.recipients.front().original_recipient =
      original_recipient(options.original_recipient, submission.recipients.size());
  if (!header.has("Date")) header.add("Date", to_rfc5322(read_time_of_day()));
  if (!header.has("Message-ID")) header.add("Message-ID", '<' + unique_id(host) + '>');
  if (!header.has("From")) {
    const std::string& address = submission.sender.empty() ? self : submission.sender;
    header.add("From", options.full_name.empty() ? address : mailbox(options.full_name, address));
  }
  submission.smtputf8 = header.has_eight_bit(); // what the addresses need is up to each server
  submission.requiretls = options.requiretls;
  submission.envelope_id = xtext(options.envelope_id);
  submission.dsn_return = dsn_return(options.dsn_return);
  submission.content = std::make_shared<const std::string>(std::move(header).message());
  return submission;
}

} // namespace

void add_message_options(CLI::App& app, MessageOptions& options) {
  app.add_option("--to", options.recipients,
                 "Recipients: separated by commas, or one for each option")
      ->type_name("ADDRESS")
      ->allow_extra_args(false)
      ->delimiter(',')
      ->required();
  app.add_option("--from", options.sender,
                 "Envelope sender; '' is the null sender; default: the From field's address")
      ->type_name("ADDRESS");
  app.add_option("FILE", options.file, "The message; - is standard input")->capture_default_str();
  app.add_option("--notify", options.notify,
                 "When to notify the sender (RFC 3461): never, or success,failure,delay")
      ->type_name("WHEN");
  app.add_option("--ret", options.dsn_return, "What a notification returns: full or hdrs")
      ->type_name("WHAT");
  app.add_option("--envid", options.envelope_id, "Envelope id for notifications")->type_name("ID");
  app.add_option("--orcpt", options.original_recipient,
                 "The original recipient, such as rfc822;user@example.org; only with one recipient")
      ->type_name("TYPE;ADDRESS");
  app.add_flag(
      "--requiretls", options.requiretls,
      "Send it only over verified TLS, to hosts that offer REQUIRETLS (RFC 8689); else return it");
}

Submission read_submission(const MessageOptions& options) {
  const bool piped = options.file == "-";
  const std::string name = piped ? "standard input" : options.file;
  std::ifstream file;
  if (!piped) file = open_input(options.file);
  const std::string text = read_message(piped ? std::cin : file, piped && options.dot_ends, name);
  check_message(text, name);
  return make_submission(options, text, own_name());
}

} // namespace tempfail::client
