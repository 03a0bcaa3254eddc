// The notification the tests compose.
#pragma once

#include "client/dsn/notification.hpp"

namespace tempfail::client {

inline Notification example() {
  Notification notification;
  notification.reporting_host = "mx.sender.test";
  notification.message_id = "17.1.1709294400@mx.sender.test";
  notification.to = "from@sender.test";
  notification.envelope_id = "QQ+2B314159";
  notification.arrived = Moment{std::chrono::seconds(1'709'280'000)};
  notification.now = Moment{std::chrono::seconds(1'709'294'400)};
  notification.original = std::make_shared<const std::string>(
      "From: from@sender.test\r\nSubject: gr\xc3\xbc\xc3\x9f\r\n\r\nFirst "
      "line\r\n.dot\r\n--report-not\r\nK\xc3\xb6ln\r\n");
  NotifiedRecipient failed;
  failed.recipient.address = "a@x.test";
  failed.recipient.original_recipient = "rfc822;A+2Bb@x.test";
  failed.status = {4, 4, 7};
  failed.tries = 5;
  failed.last.code = 432;
  failed.last.replied = true;
  failed.last.text = "4.3.2 mail queue stopped";
  failed.last.host = "mail.x.test";
  failed.last.stage = Stage::mail;
  failed.last_attempt = notification.now;
  NotifiedRecipient silent;
  silent.recipient.address = "b@y.test";
  silent.status = {4, 4, 1};
  silent.last.failure = Failure::connect_timeout;
  silent.last.stage = Stage::connect;
  silent.last.text = "no answer within 5 minutes";
  notification.recipients = {failed, silent};
  return notification;
}

} // namespace tempfail::client
