// Writes a message as RFC 5322 has it, part after part.
#include "control/test_message.hpp"

#include "mime/marks.hpp"
#include "relay/trace.hpp"

#include <algorithm>

namespace tempfail::control {

namespace {

constexpr std::string_view crlf = "\r\n";
constexpr std::string_view boundary = "=_tempfail"; // not in quoted-printable, nor in base64
constexpr std::size_t filler_line = 70;             ///< text of a filler line, without its end

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

/// Letters that ASCII does not have, in quoted-printable; empty: how the character set writes them is not known here.
std::string letters_of(std::string_view charset) {
  if (charset == "utf-8") return "=C3=A4=C3=B6=C3=BC=C3=9F";
  for (const std::string_view family : {"iso-8859-", "windows-125", "koi8-"})
    if (charset.starts_with(family)) return "=E4=F6=FC=E9";
  return {};
}

/// Lines that make up for what the message lacks in size.
std::string filler_lines(std::uint64_t missing) {
  std::string text;
  for (std::size_t line = 1; text.size() < missing; ++line) {
    std::string filler = "line " + std::to_string(line) + " ";
    filler.append(filler_line - std::min(filler.size(), filler_line), '.');
    text += filler;
    text += crlf;
  }
  return text;
}

/// In base64, lines of 76 characters, as RFC 2045 section 6.8 has it.
std::string base64_lines(std::string_view bytes) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t bytes_of_line = 57;
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    if (at != 0 && at % bytes_of_line == 0) text += crlf;
    std::uint32_t group = 0;
    const std::size_t size = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8U | (i < size ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      text += i <= size ? alphabet[(group >> (18U - 6U * i)) & 63U] : '=';
  }
  return text + std::string(crlf);
}

std::string header(const scenario::TestMessage& plan, const MessageDetails& details) {
  std::string text = received_fields(plan.received_fields, details);
  text += "Date: " + relay::date_text(details.unix_seconds) + "\r\n";
  text += "From: <" + details.sender + ">\r\n";
  text += "To: " + address_list(details.recipients) + "\r\n";
  text += "Message-ID: <" + details.message_id + ">\r\n";
  text += "Subject: " + details.subject + "\r\n";
  text += "MIME-Version: 1.0\r\n";
  text += "Content-Type: multipart/mixed; boundary=\"" + std::string(boundary) + "\"\r\n";
  return text + "Content-Transfer-Encoding: 7bit\r\n";
}

/// The fields of the text's part and its lines up to the filler.
std::string text_begin(const scenario::TestMessage& plan, const MessageDetails& details) {
  const bool ascii = plan.charset == "us-ascii" || plan.charset.empty();
  std::string text =
      "Content-Type: text/plain; charset=" + (ascii ? "us-ascii" : plan.charset) + "\r\n";
  text += std::string("Content-Transfer-Encoding: ") + (ascii ? "7bit" : "quoted-printable") +
          "\r\n\r\n";
  text += mime::mark_text(details.handover, mime::MarkPlace::begin) + "\r\n";
  // A line that begins with a dot: a client that does not stuff it, or does so twice, shows it (RFC 5321
  // section 4.5.2). Never a dot alone, at which sendmail(1) without -i stops reading. The line before it ends without a
  // dot, so that the dots can be counted where lines were wrapped.
  text += "A message of tempfail, in which the next line begins with a dot:\r\n";
  text += "." + mime::mark_text(details.handover, mime::MarkPlace::dot) + "\r\n";
  if (const std::string letters = ascii ? std::string() : letters_of(plan.charset);
      !letters.empty())
    text += mime::mark_text(details.handover, mime::MarkPlace::letters) + letters + ".\r\n";
  return text;
}

/// Without a character set: what the scenario asks for is that of the text.
std::string attachment(const MessageDetails& details) {
  std::string text = "Content-Type: text/plain; name=\"attachment.txt\"\r\n"
                     "Content-Disposition: attachment; filename=\"attachment.txt\"\r\n"
                     "Content-Transfer-Encoding: base64\r\n\r\n";
  return text +
         base64_lines("An attachment of tempfail.\r\n" +
                      mime::mark_text(details.handover, mime::MarkPlace::attachment) + "\r\n");
}

} // namespace

std::string make_test_message(const scenario::TestMessage& plan, const MessageDetails& details) {
  const std::string delimiter = "--" + std::string(boundary);
  const std::string front =
      header(plan, details) + "\r\n" + delimiter + "\r\n" + text_begin(plan, details);
  const std::string back = mime::mark_text(details.handover, mime::MarkPlace::end) + "\r\n" +
                           delimiter + "\r\n" + attachment(details) + delimiter + "--\r\n";
  const std::size_t size = front.size() + back.size();
  return front + filler_lines(plan.size > size ? plan.size - size : 0) + back;
}

} // namespace tempfail::control
