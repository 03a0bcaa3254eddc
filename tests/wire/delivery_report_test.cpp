// What notifications of real senders say, and what other messages don't.
#include "support/catch.hpp"
#include "wire/delivery_report.hpp"

#include <string>

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

TEST_CASE("delivery_report_is_a_list_of_recipients_in_order") {
  const auto reports = read_delivery_reports(notification);
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].recipient == "b@rcpt.test");
  CHECK(reports[0].action == "failed");
  CHECK(reports[0].status == "4.4.7");
  CHECK(reports[1].recipient == "c@rcpt.test");
  CHECK(reports[1].action == "delayed");
  CHECK(reports[1].status == "4.2.2");
}

TEST_CASE("delivery_report_names_the_final_recipient_else_the_original_one") {
  const std::string head =
      "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n";
  const auto recipient = [&head](const std::string& fields) {
    const std::string text = head + fields + "Action: failed\r\n";
    const auto reports = read_delivery_reports(text);
    REQUIRE(reports.size() == 1);
    return std::string(reports[0].recipient);
  };
  CHECK(recipient("Original-Recipient: rfc822;old@a\r\nFinal-Recipient: rfc822;new@a\r\n") ==
        "new@a");
  CHECK(recipient("Final-Recipient: rfc822;new@a\r\nOriginal-Recipient: rfc822;old@a\r\n") ==
        "new@a");
  CHECK(recipient("Original-Recipient: rfc822; old@a\r\n") == "old@a");
  CHECK(recipient("final-recipient: RFC822; <b@a>\r\n") == "b@a");
  CHECK(recipient("Final-Recipient: b@a\r\n") == "b@a");
  CHECK(recipient("").empty());
}

TEST_CASE("delivery_report_group_of_the_message_is_not_one_of_a_recipient") {
  CHECK(read_delivery_reports("Content-Type: message/delivery-status\r\n\r\n"
                              "Reporting-MTA: dns; x\r\nArrival-Date: today\r\n\r\n")
            .empty());
}

TEST_CASE("delivery_report_ends_with_its_part") {
  const std::string text = std::string(notification) +
                           "Content-Type: message/rfc822\r\n\r\nFinal-Recipient: rfc822; z@z\r\n"
                           "Action: failed\r\n";
  CHECK(read_delivery_reports(text).size() == 2);
}

TEST_CASE("delivery_report_with_bare_line_feeds") {
  std::string bare;
  for (const char c : notification)
    if (c != '\r') bare += c;
  const auto reports = read_delivery_reports(bare);
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].status == "4.4.7");
}

TEST_CASE("delivery_report_cut_short_anywhere_does_no_harm") {
  for (std::size_t length = 0; length < notification.size(); ++length)
    for (const RecipientReport& report : read_delivery_reports(notification.substr(0, length))) {
      REQUIRE(report.action.size() <= 7);
      REQUIRE(report.recipient.size() <= 11);
    }
}

TEST_CASE("delivery_report_other_messages_are_none") {
  for (const std::string_view text : {"", "Action: failed\r\nStatus: 4.4.7\r\n",
                                      "Content-Type: text/plain\r\n\r\nAction: failed\r\n"})
    REQUIRE(read_delivery_reports(text).empty());
}
