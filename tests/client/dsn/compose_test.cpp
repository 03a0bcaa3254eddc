// Notifications: the fields, the parts, what is returned, and hostile text in replies.
#include "client/dsn/fields.hpp"
#include "example.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;

namespace {
bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}
} // namespace

TEST_CASE("composing_is_the_same_every_time") {
  CHECK(compose(example()) == compose(example()));
}

TEST_CASE("delay_returns_the_header_alone_and_says_until_when") {
  Notification notification = example();
  notification.recipients.resize(1);
  notification.recipients[0].action = DsnAction::delayed;
  notification.recipients[0].will_retry_until = notification.now + std::chrono::hours(24);
  const std::string text = compose(notification);
  CHECK(has(text, "Action: delayed"));
  CHECK(has(text, "Will-Retry-Until: Sat, 02 Mar 2024 12:00:00 +0000"));
  CHECK(has(text, "message/global-headers"));
  CHECK_FALSE(has(text, "First line"));
  notification.original = std::make_shared<const std::string>("Subject: x\r\n\r\nFirst line\r\n");
  CHECK(has(compose(notification), "text/rfc822-headers"));
  notification.recipients[0].action = DsnAction::failed;
  CHECK(has(compose(notification), "Content-Type: message/rfc822"));
}

TEST_CASE("remote_mta_is_a_host_that_was_gone_to") {
  Notification notification = example();
  CHECK(has(delivery_status(notification), "Remote-MTA: dns; mail.x.test"));
  notification.recipients[0].last.stage = Stage::resolve;
  CHECK_FALSE(has(delivery_status(notification), "Remote-MTA"));
}

TEST_CASE("ret_hdrs_returns_the_header_alone") {
  Notification notification = example();
  notification.dsn_return = DsnReturn::headers;
  CHECK_FALSE(has(compose(notification), "First line"));
}

TEST_CASE("large_message_is_not_returned_whole") {
  Notification notification = example();
  notification.original = std::make_shared<const std::string>("Subject: x\r\n\r\n" +
                                                              std::string(3'000'000, 'x') + "\r\n");
  CHECK(compose(notification).size() < 10'000);
}

TEST_CASE("hostile_reply_text_stays_in_its_field") {
  Notification notification = example();
  notification.recipients[0].last.text =
      "4.3.2 no\r\nStatus: 2.0.0\r\n\r\n" + std::string(1, '\0') + "--" + std::string(5000, 'y');
  const std::string fields = delivery_status(notification);
  CHECK_FALSE(has(fields, "\r\nStatus: 2.0.0"));
  CHECK(has(fields, "Diagnostic-Code: smtp; 432 4.3.2 no  Status: 2.0.0"));
  std::size_t longest = 0;
  for (std::size_t at = 0; at < fields.size();) {
    const std::size_t end = fields.find("\r\n", at);
    longest = std::max(longest, end - at);
    at = end + 2;
  }
  CHECK(longest <= 998);
}

TEST_CASE("address_beyond_ascii_has_its_own_type") {
  Notification notification = example();
  notification.recipients[0].recipient.address = "j\xc3\xb6rg@x.test";
  CHECK(has(delivery_status(notification), "Final-Recipient: utf-8; j\xc3\xb6rg@x.test"));
  CHECK(has(compose(notification), "message/global-delivery-status"));
}

TEST_CASE("xtext_is_decoded_and_what_is_none_is_left") {
  CHECK(decode_xtext("a+3Db+2B") == "a=b+");
  CHECK(decode_xtext("a+3") == "a+3");
  CHECK(decode_xtext("a+zz") == "a+zz");
}

TEST_CASE("wanted_notifications_by_notify") {
  const auto wanted = [](std::uint8_t notify, DsnAction action, std::string_view sender = "s@x") {
    Recipient recipient;
    recipient.notify = notify;
    return notification_wanted(sender, recipient, action);
  };
  CHECK(wanted(notify_default, DsnAction::failed));
  CHECK(wanted(notify_default, DsnAction::delayed));
  CHECK_FALSE(wanted(notify_default, DsnAction::relayed));
  CHECK_FALSE(wanted(notify_never, DsnAction::failed));
  CHECK(wanted(notify_failure, DsnAction::failed));
  CHECK_FALSE(wanted(notify_failure, DsnAction::delayed));
  CHECK(wanted(notify_success, DsnAction::relayed));
  CHECK_FALSE(wanted(notify_success | notify_failure, DsnAction::relayed, ""));
}

TEST_CASE("every_status_has_words") {
  CHECK(describe({4, 4, 7}) == "delivery time expired in the queue");
  CHECK(describe({5, 9, 9}) == "permanent failure");
}
