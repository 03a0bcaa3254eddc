// The report about a message that could not be sent on, and the trace of one that was.
#include "relay/notification.hpp"

#include "mime/notification.hpp"
#include "relay/trace.hpp"
#include "support/catch.hpp"
#include "wire/delivery_report.hpp"

using namespace tempfail::relay;

TEST_CASE("notification: it says to the sender who failed, why, and about what") {
  const Mail about = {
      "a@sender.test", {"b@rcpt.test"}, "Message-ID: <1@x>\r\nSubject: y\r\n\r\nsecret\r\n"};
  const Mail report = failure_notification(
      about, {"mx.test", "mx2.test", {"b@rcpt.test"}, "554-5.4.6 Too\n554 5.4.6 many hops", 0, 7});
  CHECK(report.sender.empty());
  CHECK(report.recipients == std::vector<std::string>{"a@sender.test"});
  const auto notification = tempfail::mime::read_notification(report.content);
  const auto read = tempfail::wire::read_delivery_status(notification.fields).recipients;
  REQUIRE(read.size() == 1);
  CHECK(read[0].recipient == "b@rcpt.test");
  CHECK(read[0].action == "failed");
  CHECK(read[0].status == "5.4.6");
  CHECK(report.content.find("Final-Recipient: rfc822; b@rcpt.test\r\n") != std::string::npos);
  CHECK(report.content.find("Diagnostic-Code: smtp; 554-5.4.6 Too 554 5.4.6 many hops\r\n") !=
        std::string::npos);
  CHECK(report.content.find("Message-ID: <1@x>\r\nSubject: y\r\n\r\n--") != std::string::npos);
  CHECK(report.content.find("secret") == std::string::npos);
  for (std::size_t at = report.content.find('\n'); at != std::string::npos;
       at = report.content.find('\n', at + 1))
    CHECK(report.content[at - 1] == '\r');
}

TEST_CASE("notification: the status comes from the reply") {
  CHECK(status_in("554 5.4.6 Too many hops") == "5.4.6");
  CHECK(status_in("550 No such user") == "5.0.0");
  CHECK(status_in("550") == "5.0.0");
  CHECK(status_in("552-5.3.4\n552 more") == "5.3.4");
}

TEST_CASE("trace: a Received field") {
  CHECK(received_field({"client.test", "127.0.0.1", "mx.test", 3, 1795307838}) ==
        "Received: from client.test ([127.0.0.1])\r\n\tby mx.test with ESMTP id 3;\r\n"
        "\tSun, 22 Nov 2026 00:37:18 +0000\r\n");
}
