// What notifications of real senders say, and what other messages don't.
#include "support/catch.hpp"
#include "wire/delivery_report.hpp"

using namespace tempfail::wire;

namespace {

constexpr std::string_view notification =
    "From: <>\r\n"
    "Content-Type: multipart/report; report-type=delivery-status;\r\n"
    "\tboundary=\"x\"\r\n"
    "\r\n"
    "--x\r\n"
    "\r\n"
    "Action: read this\r\n"
    "--x\r\n"
    "Content-Description: Delivery report\r\n"
    "content-type: message/delivery-status\r\n"
    "\r\n"
    "Reporting-MTA: dns; mx.test\r\n"
    "\r\n"
    "Final-Recipient: rfc822; b@rcpt.test\r\n"
    "ACTION: failed (after five days)\r\n"
    "Status: 4.4.7\r\n"
    "\r\n"
    "Final-Recipient: rfc822; c@rcpt.test\r\n"
    "Action: delayed\r\n"
    "Status: 4.2.2\r\n"
    "--x--\r\n";

} // namespace

TEST_CASE("delivery_report_is_that_of_the_first_recipient") {
  const DeliveryReport report = read_delivery_report(notification);
  REQUIRE(report.action == "failed");
  REQUIRE(report.status == "4.4.7");
}

TEST_CASE("delivery_report_with_bare_line_feeds") {
  std::string text(notification);
  std::string bare;
  for (const char c : text)
    if (c != '\r') bare += c;
  REQUIRE(read_delivery_report(bare).status == "4.4.7");
}

TEST_CASE("delivery_report_cut_short_anywhere_does_no_harm") {
  for (std::size_t length = 0; length < notification.size(); ++length) {
    const DeliveryReport report = read_delivery_report(notification.substr(0, length));
    REQUIRE(report.action.size() <= 6);
  }
}

TEST_CASE("delivery_report_other_messages_are_none") {
  for (const std::string_view text : {"", "Action: failed\r\nStatus: 4.4.7\r\n",
                                      "Content-Type: text/plain\r\n\r\nAction: failed\r\n"}) {
    REQUIRE(read_delivery_report(text).action.empty());
    REQUIRE(read_delivery_report(text).status.empty());
  }
}
