// MAIL and RCPT say what was offered and needed, and nothing else; addresses can't smuggle
// commands.
#include "client/protocol/command.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;

namespace {

Message message_of(std::string content) {
  return {.sender = "a@b.test", .content = std::make_shared<const std::string>(std::move(content))};
}

} // namespace

TEST_CASE("mail_has_only_the_parameters_that_are_offered") {
  Message message = message_of("12345");
  message.envelope_id = "id+2B1";
  message.dsn_return = DsnReturn::headers;
  const MailNeeds needs = {.eight_bit = true, .smtputf8 = true};
  CHECK(mail_command(message, needs, {}) == "MAIL FROM:<a@b.test>\r\n");
  Capabilities all;
  all.size = all.eight_bit = all.smtputf8 = all.dsn = true;
  CHECK(mail_command(message, needs, all) ==
        "MAIL FROM:<a@b.test> SIZE=5 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=id+2B1\r\n");
  CHECK(mail_command(message_of(""), {}, all) == "MAIL FROM:<a@b.test> SIZE=0\r\n");
  CHECK(mail_command({}, {}, {}) == "MAIL FROM:<>\r\n");
}

TEST_CASE("rcpt_has_dsn_parameters_only_if_dsn_is_offered") {
  Capabilities dsn;
  dsn.dsn = true;
  const Recipient recipient = {.address = "x@y.test",
                               .notify = notify_failure | notify_delay,
                               .original_recipient = "rfc822;x@y.test"};
  CHECK(rcpt_command(recipient, {}) == "RCPT TO:<x@y.test>\r\n");
  CHECK(rcpt_command(recipient, dsn) ==
        "RCPT TO:<x@y.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;x@y.test\r\n");
  CHECK(rcpt_command({.address = "x@y.test", .notify = notify_never | notify_success}, dsn) ==
        "RCPT TO:<x@y.test> NOTIFY=NEVER\r\n");
  CHECK(rcpt_command({.address = "x@y.test", .original_recipient = "bad value"}, dsn) ==
        "RCPT TO:<x@y.test>\r\n");
}

TEST_CASE("an_address_can_not_carry_a_command") {
  CHECK(sendable_address("user@example.org"));
  CHECK(sendable_address("\"odd user>\"@example.org"));
  CHECK(sendable_address("j\xc3\xb6rg@example.org"));
  CHECK(sendable_address(""));
  CHECK_FALSE(sendable_address("a@b>\r\nDATA"));
  CHECK_FALSE(sendable_address("a@b\nRSET"));
  CHECK_FALSE(sendable_address("a@b> SIZE=1"));
  CHECK_FALSE(sendable_address("a b@c"));
  CHECK_FALSE(sendable_address("\"open@c"));
  CHECK_FALSE(sendable_address(std::string("a\0@c", 4)));
  CHECK_FALSE(sendable_address(std::string(255, 'a')));
}
