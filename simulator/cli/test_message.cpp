// Makes messages for the cases of `tempfail test`.
#include "cli/test_message.hpp"

#include "relay/trace.hpp"

#include <algorithm>

namespace tempfail::cli {

namespace {

constexpr std::string_view crlf = "\r\n";
constexpr std::size_t filler_line = 70; ///< text of a filler line, without its end

std::string received_fields(std::uint32_t count, const MessageDetails& details) {
  std::string text;
  for (std::uint32_t i = count; i > 0; --i) {
    const std::string hop = std::to_string(i);
    text += "Received: from hop" + std::to_string(i - 1) + ".tempfail.test by hop" + hop +
            ".tempfail.test with ESMTP id " + hop + ";\r\n " +
            relay::date_text(details.unix_seconds - static_cast<std::int64_t>(count - i)) + "\r\n";
  }
  return text;
}

std::string address_list(const std::vector<std::string>& addresses) {
  std::string text;
  for (const std::string& address : addresses) {
    if (!text.empty()) text += ",\r\n ";
    text += "<" + address + ">";
  }
  return text;
}

/// A line with letters that ASCII does not have, where we know how the character set writes them.
std::string sample_of(std::string_view charset) {
  if (charset == "utf-8") return "Letters: =C3=A4=C3=B6=C3=BC=C3=9F\r\n";
  if (charset.starts_with("iso-8859-") || charset.starts_with("windows-125"))
    return "Letters: =E4=F6=FC=E9\r\n";
  return {};
}

} // namespace

std::string make_test_message(const scenario::TestMessage& plan, const MessageDetails& details) {
  const bool ascii = plan.charset == "us-ascii" || plan.charset.empty();
  std::string text = received_fields(plan.received_fields, details);
  text += "Date: " + relay::date_text(details.unix_seconds) + "\r\n";
  text += "From: <" + details.sender + ">\r\n";
  text += "To: " + address_list(details.recipients) + "\r\n";
  text += "Message-ID: <" + details.message_id + ">\r\n";
  text += "Subject: " + details.subject + "\r\n";
  text += "MIME-Version: 1.0\r\n";
  text += "Content-Type: text/plain; charset=" + (ascii ? "us-ascii" : plan.charset) + "\r\n";
  text +=
      std::string("Content-Transfer-Encoding: ") + (ascii ? "7bit" : "quoted-printable") + "\r\n";
  text += crlf;
  // A line that begins with a dot: who does not stuff it shows it (RFC 5321 section 4.5.2). Never a
  // dot alone, at which sendmail(1) without -i stops reading.
  text += "A message of tempfail.\r\n.a line that begins with a dot\r\n";
  if (!ascii) text += sample_of(plan.charset);
  for (std::size_t line = 1; text.size() < plan.size; ++line) {
    std::string filler = "line " + std::to_string(line) + " ";
    filler.append(filler_line - std::min(filler.size(), filler_line), '.');
    text += filler;
    text += crlf;
  }
  return text;
}

} // namespace tempfail::cli
