// The fields of notifications, as real senders write them.
#include "support/catch.hpp"
#include "wire/delivery_report.hpp"

#include <string>

using namespace tempfail::wire;

namespace {

constexpr std::string_view fields = "Reporting-MTA: dns; mx.test\r\n"
                                    "Original-Envelope-Id: Order 17\r\n"
                                    "Arrival-Date: Mon, 1 Jan 2024 00:00:00 +0000\r\n"
                                    "\r\n"
                                    "Original-Recipient: rfc822;B@rcpt.test\r\n"
                                    "Final-Recipient: rfc822; b@rcpt.test\r\n"
                                    "ACTION: failed (after five days)\r\n"
                                    "Status: 4.4.7\r\n"
                                    "Remote-MTA: dns; mx.rcpt.test\r\n"
                                    "Diagnostic-Code: smtp; 550-No such\r\n"
                                    " 550 user\r\n"
                                    "\r\n"
                                    "Final-Recipient: rfc822; c@rcpt.test\r\n"
                                    "Action: delayed\r\n"
                                    "Status: 4.2.2\r\n"
                                    "Will-Retry-Until: Tue, 2 Jan 2024 00:00:00 +0000\r\n";

RecipientReport report_of(const std::string& text) {
  const DeliveryStatus status = read_delivery_status("Reporting-MTA: dns; x\r\n\r\n" + text);
  REQUIRE(status.recipients.size() == 1);
  return status.recipients.front();
}

} // namespace

TEST_CASE("delivery_report_has_a_group_of_the_message_and_one_of_each_recipient") {
  const DeliveryStatus status = read_delivery_status(fields);
  CHECK(status.reporting_mta == "dns; mx.test");
  CHECK(status.original_envelope_id == "Order 17");
  CHECK_FALSE(status.eight_bit);
  REQUIRE(status.recipients.size() == 2);
  const RecipientReport& first = status.recipients[0];
  CHECK(first.recipient == "b@rcpt.test");
  CHECK(first.original_recipient == "rfc822;B@rcpt.test");
  CHECK(first.action == "failed");
  CHECK(first.status == "4.4.7");
  CHECK(first.remote_mta == "dns; mx.rcpt.test");
  CHECK(first.diagnostic == "smtp; 550-No such 550 user");
  CHECK(first.will_retry_until.empty());
  CHECK_FALSE(first.final_is_missing);
  const RecipientReport& second = status.recipients[1];
  CHECK(second.recipient == "c@rcpt.test");
  CHECK(second.action == "delayed");
  CHECK(second.status == "4.2.2");
  CHECK(second.will_retry_until == "Tue, 2 Jan 2024 00:00:00 +0000");
  CHECK(second.original_recipient.empty());
}

TEST_CASE("delivery_report_names_the_final_recipient_else_the_original_one") {
  const auto recipient = [](const std::string& text) {
    return report_of(text + "Action: failed\r\n").recipient;
  };
  CHECK(recipient("Original-Recipient: rfc822;old@a\r\nFinal-Recipient: rfc822;new@a\r\n") ==
        "new@a");
  CHECK(recipient("Final-Recipient: rfc822;new@a\r\nOriginal-Recipient: rfc822;old@a\r\n") ==
        "new@a");
  CHECK(recipient("Original-Recipient: rfc822; old@a\r\n") == "old@a");
  CHECK(recipient("final-recipient: RFC822; <b@a>\r\n") == "b@a");
  CHECK(recipient("Final-Recipient: b@a\r\n") == "b@a");
  CHECK(recipient("").empty());
  CHECK(report_of("Original-Recipient: rfc822; old@a\r\nAction: failed\r\n").final_is_missing);
}

TEST_CASE("delivery_report_address_beyond_ascii_in_each_of_its_forms") {
  const auto recipient = [](const std::string& value) {
    return report_of("Final-Recipient: " + value + "\r\nAction: failed\r\n").recipient;
  };
  CHECK(recipient("utf-8; bé@a") == "bé@a");
  CHECK(recipient("UTF-8; b\\x{E9}@a") == "bé@a");
  CHECK(recipient("utf-8; \\x{20AC}\\x{1F600}@a") == "€😀@a");
  CHECK(recipient("utf-8; b\\x{5C}@a") == "b\\@a");
  CHECK(recipient("rfc822; b\\x{E9}@a") == "b\\x{E9}@a");
  for (const auto* odd : {"\\x{}@a", "\\x{110000}@a", "\\x{zz}@a", "\\x{41@a", "\\x{0}@a"})
    CHECK(recipient(std::string("utf-8; ") + odd) == odd);
  CHECK(read_delivery_status("Final-Recipient: utf-8; bé@a\r\nAction: failed\r\n").eight_bit);
}

TEST_CASE("delivery_report_address_has_no_comments") {
  const auto recipient = [](const std::string& value) {
    return report_of("Final-Recipient: " + value + "\r\nAction: failed\r\n").recipient;
  };
  CHECK(recipient("rfc822; b@a (unknown)") == "b@a");
  CHECK(recipient("rfc822 (as in (RFC) 822); (who?) <b@a>") == "b@a");
  CHECK(recipient("rfc822; b@a (a \\) b)") == "b@a");
  CHECK(recipient("rfc822; \"b (x)\"@a") == "\"b (x)\"@a");
  CHECK(recipient("rfc822; b@a (open") == "b@a (open");
  CHECK(recipient("rfc822; b)@a") == "b)@a");
}

TEST_CASE("delivery_report_group_of_the_message_is_not_one_of_a_recipient") {
  CHECK(read_delivery_status("Reporting-MTA: dns; x\r\nArrival-Date: today\r\n\r\n")
            .recipients.empty());
  CHECK(read_delivery_status("").recipients.empty());
  CHECK(read_delivery_status("\r\n\r\n").recipients.empty());
  CHECK(read_delivery_status("no field\r\n").recipients.empty());
}

TEST_CASE("delivery_report_with_bare_line_feeds_and_more_empty_lines") {
  std::string bare = "\n\n";
  for (const char c : fields)
    if (c != '\r') bare += c == '\n' ? "\n" : std::string(1, c);
  bare += "\n\n\n";
  const DeliveryStatus status = read_delivery_status(bare);
  REQUIRE(status.recipients.size() == 2);
  CHECK(status.recipients[0].status == "4.4.7");
}

TEST_CASE("delivery_report_cut_short_anywhere_does_no_harm") {
  for (std::size_t length = 0; length < fields.size(); ++length)
    for (const RecipientReport& report :
         read_delivery_status(fields.substr(0, length)).recipients) {
      REQUIRE(report.action.size() <= 7);
      REQUIRE(report.recipient.size() <= 11);
    }
}
