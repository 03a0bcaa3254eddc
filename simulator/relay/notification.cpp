// Writes delivery status notifications.
#include "relay/notification.hpp"

#include "relay/trace.hpp"
#include "wire/reply.hpp"

namespace tempfail::relay {
namespace {

/// The header section of a message, its lines ended.
std::string headers_of(const std::string& content) {
  const std::size_t end = content.find("\r\n\r\n");
  return content.substr(0, end == std::string::npos ? end : end + 2);
}

std::string on_one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  return text;
}

} // namespace

std::string status_in(const std::string& reply) {
  constexpr std::size_t behind_code = 4;
  if (reply.size() > behind_code) {
    const std::string word =
        reply.substr(behind_code, reply.find_first_of(" \n", behind_code) - behind_code);
    if (wire::parse_enhanced_status(word)) return word;
  }
  return "5.0.0";
}

Mail failure_notification(const Mail& about, const Failure& failure) {
  const std::string number = std::to_string(failure.number);
  const std::string boundary = "report-" + number + "/" + failure.reporting_host;
  const std::string status = status_in(failure.reply);
  Mail mail;
  mail.recipients = {about.sender};
  std::string& text = mail.content;
  text = "Date: " + date_text(failure.unix_seconds) +
         "\r\nFrom: Mail Delivery System <postmaster@" + failure.reporting_host + ">\r\nTo: <" +
         about.sender + ">\r\nMessage-ID: <report-" + number + "@" + failure.reporting_host +
         ">\r\nSubject: Delivery failed\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
         "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"" +
         boundary + "\"\r\n\r\n--" + boundary +
         "\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nYour message could not be "
         "delivered.\r\n\r\n";
  for (const std::string& recipient : failure.recipients)
    text += "  <" + recipient + ">: " + failure.remote_host +
            " said: " + on_one_line(failure.reply) + "\r\n";
  text += "\r\n--" + boundary +
          "\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; " +
          failure.reporting_host + "\r\n";
  for (const std::string& recipient : failure.recipients)
    text += "\r\nFinal-Recipient: rfc822; " + recipient +
            "\r\nAction: failed\r\nStatus: " + status + "\r\nRemote-MTA: dns; " +
            failure.remote_host + "\r\nDiagnostic-Code: smtp; " + on_one_line(failure.reply) +
            "\r\n";
  text += "\r\n--" + boundary + "\r\nContent-Type: text/rfc822-headers\r\n\r\n" +
          headers_of(about.content) + "\r\n--" + boundary + "--\r\n";
  return mail;
}

} // namespace tempfail::relay
