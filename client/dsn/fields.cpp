// The fields of message/delivery-status.
#include "client/dsn/fields.hpp"

#include "base/ascii.hpp"
#include "client/base/text.hpp"

#include <algorithm>

namespace tempfail::client {
namespace {

/// RFC 5322 section 2.1.1 allows 998 characters in a line; the rest of the field needs room too.
constexpr std::size_t longest_value = 900;

int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

void add(std::string& fields, std::string_view name, std::string_view value) {
  fields.append(name).append(": ").append(value).append("\r\n");
}

std::string address_field(std::string_view address) {
  // RFC 6533 section 3: an address beyond ASCII has a type of its own.
  return (base::is_ascii(address) ? "rfc822; " : "utf-8; ") + field_text(address);
}

/// "[192.0.2.1]" stays an address literal, a name is a name: both are of type dns (RFC 3464
/// section 2.1.2).
std::string host_field(std::string_view host) {
  return "dns; " + field_text(host);
}

std::string diagnostic(const RecipientResult& result) {
  if (result.replied && result.code != 0) {
    return "smtp; " + std::to_string(result.code) + ' ' + field_text(result.text);
  }
  // Nothing the remote host said, but what this one concluded: not of type smtp.
  return "X-tempfail-send; " + std::string{name(result.failure)} + " at " +
         std::string{name(result.stage)} +
         (result.text.empty() ? "" : ": " + field_text(result.text));
}

void add_recipient(std::string& fields, const NotifiedRecipient& notified) {
  const std::string& original = notified.recipient.original_recipient;
  const auto semicolon = original.find(';');
  if (semicolon != std::string::npos) {
    add(fields, "Original-Recipient",
        field_text(original.substr(0, semicolon) + "; " +
                   decode_xtext(original.substr(semicolon + 1))));
  }
  add(fields, "Final-Recipient", address_field(notified.recipient.address));
  add(fields, "Action", name(notified.action));
  add(fields, "Status", notified.status.text());
  // RFC 3464 section 2.3.5: not where no remote host had a part in it; one without an address is a name alone.
  if (!notified.last.host.empty() && notified.last.stage != Stage::resolve)
    add(fields, "Remote-MTA", host_field(notified.last.host));
  if (notified.action != DsnAction::relayed)
    add(fields, "Diagnostic-Code", diagnostic(notified.last));
  if (notified.last_attempt) add(fields, "Last-Attempt-Date", to_rfc5322(*notified.last_attempt));
  if (notified.will_retry_until)
    add(fields, "Will-Retry-Until", to_rfc5322(*notified.will_retry_until));
}

} // namespace

std::string decode_xtext(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '+' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      decoded += text[i];
      continue;
    }
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::string field_text(std::string_view text) {
  std::string clean;
  for (const char letter : text.substr(0, longest_value)) {
    const auto byte = static_cast<unsigned char>(letter);
    clean += byte < 0x20 || byte == 0x7f ? ' ' : letter;
  }
  // A cut must not leave half of a UTF-8 sequence behind.
  if (text.size() > longest_value) {
    while (!clean.empty() && (static_cast<unsigned char>(clean.back()) & 0xc0U) == 0x80U)
      clean.pop_back();
    if (!clean.empty() && static_cast<unsigned char>(clean.back()) >= 0x80U) clean.pop_back();
  }
  while (!clean.empty() && clean.back() == ' ')
    clean.pop_back();
  return clean;
}

std::string delivery_status(const Notification& notification) {
  std::string fields;
  if (!notification.envelope_id.empty()) {
    add(fields, "Original-Envelope-Id", field_text(decode_xtext(notification.envelope_id)));
  }
  add(fields, "Reporting-MTA", host_field(notification.reporting_host));
  add(fields, "Arrival-Date", to_rfc5322(notification.arrived));
  for (const NotifiedRecipient& recipient : notification.recipients) {
    fields += "\r\n";
    add_recipient(fields, recipient);
  }
  return fields;
}

} // namespace tempfail::client
