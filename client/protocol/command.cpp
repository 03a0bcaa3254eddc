// MAIL and RCPT with their parameters.
#include "client/protocol/command.hpp"

#include <algorithm>

namespace tempfail::client {
namespace {

constexpr std::size_t address_bytes_max = 254; ///< RFC 5321 section 4.5.3.1.3, less the brackets

std::string notify_value(std::uint8_t notify) {
  if ((notify & notify_never) != 0) {
    return "NEVER";
  }
  std::string value;
  const auto add = [&](Notify bit, std::string_view word) {
    if ((notify & bit) != 0) {
      value += value.empty() ? "" : ",";
      value += word;
    }
  };
  add(notify_success, "SUCCESS");
  add(notify_failure, "FAILURE");
  add(notify_delay, "DELAY");
  return value;
}

} // namespace

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char letter) { return static_cast<unsigned char>(letter) < 128; });
}

bool sendable_value(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char letter) {
    return static_cast<unsigned char>(letter) > 32 && letter != '=' && letter != 127;
  });
}

bool sendable_address(std::string_view address) {
  if (address.size() > address_bytes_max) {
    return false;
  }
  bool quoted = false;
  bool escaped = false;
  for (const char letter : address) {
    if (static_cast<unsigned char>(letter) < 32 || letter == 127) {
      return false;
    }
    if (escaped) {
      escaped = false;
    } else if (quoted && letter == '\\') {
      escaped = true;
    } else if (letter == '"') {
      quoted = !quoted;
    } else if (!quoted && (letter == ' ' || letter == '<' || letter == '>')) {
      return false;
    }
  }
  return !quoted;
}

std::string mail_command(const Message& message, MailNeeds needs,
                         const Capabilities& capabilities) {
  std::string command = "MAIL FROM:<" + message.sender + '>';
  if (capabilities.size && message.content) {
    command += " SIZE=" + std::to_string(message.content->size());
  }
  if (needs.eight_bit && capabilities.eight_bit) {
    command += " BODY=8BITMIME";
  }
  if (needs.smtputf8 && capabilities.smtputf8) {
    command += " SMTPUTF8";
  }
  if (needs.requiretls && capabilities.requiretls) {
    command += " REQUIRETLS";
  }
  if (capabilities.dsn) {
    if (message.dsn_return != DsnReturn::unset) {
      command += message.dsn_return == DsnReturn::full ? " RET=FULL" : " RET=HDRS";
    }
    if (sendable_value(message.envelope_id)) {
      command += " ENVID=" + message.envelope_id;
    }
  }
  return command + "\r\n";
}

std::string rcpt_command(const Recipient& recipient, const Capabilities& capabilities) {
  std::string command = "RCPT TO:<" + recipient.address + '>';
  if (capabilities.dsn) {
    if (recipient.notify != notify_default) {
      command += " NOTIFY=" + notify_value(recipient.notify);
    }
    if (sendable_value(recipient.original_recipient)) {
      command += " ORCPT=" + recipient.original_recipient;
    }
  }
  return command + "\r\n";
}

} // namespace tempfail::client
