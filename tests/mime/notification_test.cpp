// What a notification is made of, as real senders make them, and what other messages are not.
#include "mime/notification.hpp"
#include "support/catch.hpp"

#include <string>

using namespace tempfail::mime;

namespace {

constexpr std::string_view status_fields = "Reporting-MTA: dns; mx.test\r\n"
                                           "\r\n"
                                           "Final-Recipient: rfc822; b@rcpt.test\r\n"
                                           "Action: failed\r\n"
                                           "Status: 5.1.1\r\n";

std::string part(const std::string& type, std::string_view content, const std::string& more = {}) {
  return "--x\r\nContent-Type: " + type + "\r\n" + more + "\r\n" + std::string(content) + "\r\n";
}

std::string report(const std::string& parts,
                   const std::string& type = "multipart/report; report-type=delivery-status") {
  return "From: <d@mx.test>\r\nMIME-Version: 1.0\r\nContent-Type: " + type +
         ";\r\n\tboundary=\"x\"\r\n\r\n" + part("text/plain", "Action: read this\r\n") + parts +
         "--x--\r\n";
}

std::string status(const std::string& type = "message/delivery-status") {
  return part(type, status_fields);
}

std::string returned(const std::string& type, std::string_view content) {
  return read_notification(report(status() + part(type, content))).returned;
}

constexpr std::string_view header = "From: <a@sender.test>\r\nSubject: x\r\n\r\n";
const std::string message = std::string(header) + "text\r\n";

} // namespace

TEST_CASE("notification_has_a_type_and_a_part_with_fields") {
  const Notification found = read_notification(report(status()));
  CHECK(found.type == "multipart/report; report-type=delivery-status");
  CHECK(found.status_type == "message/delivery-status");
  CHECK(found.returned.empty());
  CHECK(found.fields == status_fields);
  CHECK(read_notification(report(status("MESSAGE/Global-Delivery-Status"))).status_type ==
        "message/global-delivery-status");
  CHECK(read_notification(report(status(), "multipart/mixed")).type == "multipart/mixed");
  CHECK(read_notification(report(status(), "multipart/mixed")).fields == status_fields);
}

TEST_CASE("notification_in_another_encoding") {
  // RFC 6533 section 4: base64 where the way has seven bits.
  const std::string text =
      "UmVwb3J0aW5nLU1UQTogZG5zOyBteC50ZXN0DQoNCkZpbmFsLVJlY2lwaWVudDogdXRmLTg7IGLD\r\n"
      "qUByY3B0LnRlc3QNCkFjdGlvbjogZmFpbGVkDQpTdGF0dXM6IDUuMS4xDQo=\r\n";
  const Notification found = read_notification(report(
      part("message/global-delivery-status", text, "Content-Transfer-Encoding: base64\r\n")));
  CHECK_THAT(found.fields, Catch::Contains("Final-Recipient: utf-8; bé@rcpt.test\r\n"));
}

TEST_CASE("notification_returns_a_message_or_its_header") {
  CHECK(returned("message/rfc822", message) == "message");
  CHECK(returned("message/global", message) == "message");
  CHECK(returned("message/rfc822", header) == "header");
  CHECK(returned("message/rfc822", std::string(header) + "\r\n\r\n") == "header");
  CHECK(returned("text/rfc822-headers", header) == "header");
  CHECK(returned("message/global-headers", header) == "header");
  // A text is one whatever its type says.
  CHECK(returned("text/rfc822-headers", message) == "message");
  CHECK(returned("message/rfc822",
                 "Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\ntext\r\n--y--\r\n") ==
        "message");
  CHECK(read_notification(report(status())).returned.empty());
}

TEST_CASE("notification_returns_a_message_with_its_message_id") {
  const auto id = [](const std::string& type, const std::string& content) {
    return read_notification(report(status() + part(type, content))).returned_message_id;
  };
  const std::string named = "Message-ID: <m1@sender.test>\r\n" + message;
  for (const auto* type : {"message/rfc822", "message/global", "text/rfc822-headers"})
    CHECK(id(type, named) == "m1@sender.test");
  CHECK(id("message/rfc822", message).empty());
  CHECK(id("text/plain", named).empty());
}

TEST_CASE("notification_is_not_looked_for_in_the_message_that_comes_back") {
  const std::string inner =
      "Content-Type: message/delivery-status\r\n\r\n" + std::string(status_fields);
  const Notification found = read_notification(report(part("message/rfc822", inner)));
  CHECK(found.status_type.empty());
  CHECK(found.fields.empty());
  // Of two parts with fields the first counts.
  CHECK(read_notification(report(status() + part("message/rfc822", inner) + status())).fields ==
        status_fields);
}

TEST_CASE("notification_other_messages_are_none") {
  for (const std::string_view text : {"", "Action: failed\r\nStatus: 4.4.7\r\n",
                                      "Content-Type: text/plain\r\n\r\nAction: failed\r\n"}) {
    const Notification found = read_notification(text);
    CHECK(found.status_type.empty());
    CHECK(found.returned.empty());
    CHECK(found.fields.empty());
  }
}

TEST_CASE("notification_cut_short_anywhere_does_no_harm") {
  const std::string whole = report(status() + part("message/rfc822", message));
  constexpr std::size_t boundary = 5; // "\r\n--x", of which a part may be taken for text
  for (std::size_t length = 0; length < whole.size(); ++length)
    REQUIRE(read_notification(std::string_view(whole).substr(0, length)).fields.size() <=
            status_fields.size() + boundary);
  std::string deep = "Content-Type: multipart/mixed; boundary=a\r\n\r\n";
  for (int i = 0; i < 200; ++i)
    deep += "--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n";
  CHECK(read_notification(deep).status_type.empty());
}
