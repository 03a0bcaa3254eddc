// One message: every recipient has a fate of its own.
#include "client/protocol/conversation.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> three = {"x@mx.test", "y@mx.test", "z@mx.test"};
const std::string body = "Subject: x\r\n\r\nbody\r\n";
constexpr const char* pipelining = "250-mx.test\n250 PIPELINING";

} // namespace

TEST_CASE("one_message_step_by_step") {
  Conversation session(plain_settings());
  session.greeted()
      .begins(body, {"x@mx.test"})
      .says("MAIL FROM:<a@client.test>")
      .awaits(Stage::mail, 5min);
  session.hears("250 ok").says("RCPT TO:<x@mx.test>").awaits(Stage::rcpt, 5min);
  session.hears("250 ok").says("DATA").awaits(Stage::data, 2min).settles_nobody();
  session.hears("354 go").commits({0}).sends_content(body + ".\r\n").says("");
  CHECK(session.find<action::SendContent>()->block_time_out == 3min);
  CHECK(session.find<action::Await>() == nullptr);
  session.wrote().awaits(Stage::message, 10min).settles_nobody();
  session.hears("250 2.0.0 queued")
      .settles(0, "delivered none message 2.0.0 250")
      .is_done()
      .closes(false);
  session.quits().says("QUIT").awaits(Stage::quit, 5min).hears("221 bye").closes();
}

TEST_CASE("recipients_are_judged_one_by_one") {
  Conversation session(plain_settings());
  session.greeted().begins(body, three).hears("250 ok");
  session.hears("250 ok").says("RCPT TO:<y@mx.test>").settles_nobody();
  session.hears("452 4.2.2 full")
      .settles(1, "transient reply-4yz rcpt 4.2.2 452")
      .says("RCPT TO:<z@mx.test>");
  session.hears("550 5.1.1 who?").settles(2, "permanent reply-5yz rcpt 5.1.1 550").says("DATA");
  session.hears("354 go").commits({0}).wrote().hears("250 ok");
  session.settles(0, "delivered none message 2.0.0 250")
      .settles(1, "nothing")
      .settles(2, "nothing")
      .is_done();
}

TEST_CASE("pipelined_envelope_goes_out_at_once") {
  Conversation session(plain_settings());
  session.greeted(pipelining).begins(body, three);
  session.says("MAIL FROM:<a@client.test>\nRCPT TO:<x@mx.test>\nRCPT TO:<y@mx.test>\nRCPT "
               "TO:<z@mx.test>\nDATA");
  session.awaits(Stage::mail, 5min)
      .hears("250 ok\n250 ok\n451 4.7.1 greylisted")
      .awaits(Stage::rcpt, 5min);
  session.settles(1, "transient reply-4yz rcpt 4.7.1 451")
      .hears("250 ok")
      .awaits(Stage::data, 2min);
  session.hears("354 go").commits({0, 2}).sends_content(body + ".\r\n").wrote().hears("250 ok");
  session.settles(0, "delivered none message 2.0.0 250")
      .settles(2, "delivered none message 2.0.0 250")
      .is_done();
}

TEST_CASE("pipelined_and_nobody_left") {
  Conversation refused(plain_settings());
  refused.greeted(pipelining)
      .begins(body, {"x@mx.test"})
      .hears("250 ok\n550 5.1.1 no\n554 no valid recipients");
  refused.settles(0, "permanent reply-5yz rcpt 5.1.1 550").is_done().closes(false);
  refused.begins(body, {"y@mx.test"}).says("RSET").awaits(Stage::rset, 5min).hears("250 ok");
  refused.says("MAIL FROM:<a@client.test>\nRCPT TO:<y@mx.test>\nDATA");
  Conversation taken(plain_settings());
  taken.greeted(pipelining).begins(body, {"x@mx.test"}).hears("250 ok\n450 4.2.1 no\n354 go");
  taken.settles(0, "transient reply-4yz rcpt 4.2.1 450").says(".").awaits(Stage::message, 10min);
  taken.hears("250 nothing for nobody").settles_nobody().is_done();
}

TEST_CASE("pipelined_and_mail_refused") {
  Conversation session(plain_settings());
  session.greeted(pipelining)
      .begins(body, three)
      .hears("452 4.3.1 disk full\n503 no mail\n503\n503\n503 no mail");
  for (const std::size_t recipient : {0U, 1U, 2U}) {
    session.settles(recipient, "transient reply-4yz mail 4.3.1 452");
  }
  session.is_done().closes(false);
}

TEST_CASE("refused_at_each_step_without_pipelining") {
  Conversation mail(plain_settings());
  mail.greeted()
      .begins(body, three)
      .hears("552 5.3.4 too big")
      .settles(2, "permanent reply-5yz mail 5.3.4 552")
      .is_done();
  Conversation rcpt(plain_settings());
  rcpt.greeted().begins(body, {"x@mx.test"}).hears("250 ok").hears("450 busy").says("");
  rcpt.settles(0, "transient reply-4yz rcpt 4.2.0 450").is_done().quits().says("QUIT");
  Conversation data(plain_settings());
  data.greeted().begins(body, {"x@mx.test"}).hears("250 ok").hears("250 ok").hears("451 4.3.0 no");
  data.settles(0, "transient reply-4yz data 4.3.0 451").is_done();
  Conversation message(plain_settings());
  message.greeted().accepted(body, {"x@mx.test"}).wrote().hears("554 5.7.1 spam");
  message.settles(0, "permanent reply-5yz message 5.7.1 554").is_done();
  message.begins(body, {"x@mx.test"})
      .says("MAIL FROM:<a@client.test>"); // the transaction is over: no RSET
}

TEST_CASE("unknown_codes_are_judged_by_their_first_digit") {
  for (const char* code : {"431", "432", "441", "442", "446", "447", "449", "465", "471", "499"}) {
    Conversation session(plain_settings());
    session.greeted().accepted(body, {"x@mx.test"}).wrote().hears(std::string(code) + " later");
    const std::string vendor = std::string("4.") + code[1] + '.' + code[2];
    session.settles(0, "transient reply-4yz message " + vendor + ' ' + code);
  }
  Conversation delivered(plain_settings());
  delivered.greeted()
      .accepted(body, {"x@mx.test"})
      .wrote()
      .hears("299")
      .settles(0, "delivered none message 2.0.0 299");
  Conversation refused(plain_settings());
  refused.greeted()
      .accepted(body, {"x@mx.test"})
      .wrote()
      .hears("599 x")
      .settles(0, "permanent reply-5yz message 5.0.0 599");
}

TEST_CASE("wrong_code_for_the_stage_is_a_protocol_error") {
  Conversation mail(plain_settings());
  mail.greeted()
      .begins(body, {"x@mx.test"})
      .hears("354 go")
      .settles(0, "transient protocol-error mail 4.5.0 0");
  mail.is_done(false).closes();
  Conversation rcpt(plain_settings());
  rcpt.greeted().begins(body, {"x@mx.test"}).hears("250 ok").hears("334 what");
  rcpt.settles(0, "transient protocol-error rcpt 4.5.0 0").closes();
  Conversation data(plain_settings());
  data.greeted().begins(body, {"x@mx.test"}).hears("250 ok").hears("250 ok").hears("250 ok");
  data.settles(0, "transient protocol-error data 4.5.0 0").says("QUIT").closes();
  Conversation message(plain_settings());
  message.greeted().accepted(body, {"x@mx.test"}).wrote().hears("354 more");
  message.settles(0, "transient protocol-error message 4.5.0 0 in-doubt").closes();
}

TEST_CASE("a_reply_within_the_content_ends_it") {
  Conversation full(plain_settings());
  full.greeted().accepted(body, {"x@mx.test"}).hears("452 4.3.1 disk full");
  full.settles(0, "transient reply-4yz content 4.3.1 452").is_done(false).says("").closes();
  Conversation early(plain_settings());
  early.greeted().accepted(body, {"x@mx.test"}).hears("250 got it already");
  early.settles(0, "transient protocol-error content 4.5.0 0").says("").closes();
}

TEST_CASE("a_reply_too_many_does_not_undo_the_delivery") {
  Conversation session(plain_settings());
  session.greeted().accepted(body, {"x@mx.test"}).wrote().hears("250 ok\n250 ok again");
  session.settles(0, "delivered none message 2.0.0 250").is_done().closes();
}

TEST_CASE("bdat_carries_the_message_without_dots") {
  SessionSettings settings = plain_settings();
  settings.chunking = true;
  Conversation session(settings);
  session.greeted("250-mx\n250 CHUNKING")
      .begins(".dot\r\n", {"x@mx.test"})
      .hears("250 ok")
      .hears("250 ok");
  session.says("BDAT 6 LAST")
      .commits({0})
      .sends_content(".dot\r\n")
      .wrote()
      .awaits(Stage::message, 10min);
  session.hears("250 ok").settles(0, "delivered none message 2.0.0 250").is_done();
}

TEST_CASE("data_carries_the_message_with_dots_stuffed") {
  Conversation session(plain_settings());
  session.greeted()
      .begins(".dot\r\n", {"x@mx.test"})
      .hears("250 ok")
      .hears("250 ok")
      .hears("354 go");
  session.sends_content("..dot\r\n.\r\n");
}

TEST_CASE("bdat_goes_out_in_chunks_and_an_early_refusal_saves_the_rest") {
  SessionSettings settings = plain_settings();
  settings.chunking = true;
  const std::string large(600 * 1024, 'x');
  Conversation session(settings);
  session.greeted("250-mx\n250-PIPELINING\n250 CHUNKING").begins(large, {"x@mx.test"});
  session.says("MAIL FROM:<a@client.test>\nRCPT TO:<x@mx.test>")
      .hears("250 ok\n250 ok")
      .says("BDAT 262144");
  CHECK(session.find<action::Committing>() == nullptr);
  session.wrote().awaits(Stage::content, 3min).hears("250 ok").says("BDAT 262144").wrote();
  session.hears("250 ok").says("BDAT 90112 LAST").commits({0}).wrote().hears("250 ok").is_done();
  session.begins(large, {"x@mx.test"}).hears("250 ok\n250 ok").wrote().hears("452 4.3.1 full");
  session.settles(0, "transient reply-4yz content 4.3.1 452")
      .is_done()
      .begins("", {"x@mx.test"})
      .says("RSET");
}

TEST_CASE("what_the_server_can_not_take_is_refused_here") {
  Conversation session(plain_settings());
  session.greeted().begins("caf\xc3\xa9\r\n", {"x@mx.test"}).says("").is_done().closes(false);
  session.settles(0, "permanent unsupported mail 5.6.3 0");
  session.begins(body, {"j\xc3\xb6rg@mx.test", "x@mx.test", "evil@mx.test>\r\nRSET"});
  session.settles(0, "permanent unsupported mail 5.6.7 0")
      .settles(2, "permanent unsupported mail 5.1.3 0");
  session.says("MAIL FROM:<a@client.test>")
      .hears("250 ok")
      .says("RCPT TO:<x@mx.test>")
      .hears("250 ok")
      .says("DATA");
}

TEST_CASE("extensions_are_used_where_they_are_offered_and_needed") {
  Conversation session(plain_settings());
  session.greeted("250-mx\n250-8BITMIME\n250-SMTPUTF8\n250 SIZE 10")
      .begins("caf\xc3\xa9\r\n", {"j\xc3\xb6@mx.test"});
  session.says("MAIL FROM:<a@client.test> SIZE=7 BODY=8BITMIME SMTPUTF8");
}

TEST_CASE("dsn_relayed_only_where_dsn_is_offered") {
  for (const bool offered : {false, true}) {
    Conversation session(plain_settings());
    session.greeted(offered ? "250-mx\n250 DSN" : "250 mx")
        .accepted(body, {"x@mx.test"})
        .wrote()
        .hears("250 ok");
    CHECK(session.find<action::Settled>()->settlement.dsn_relayed == offered);
  }
}

TEST_CASE("a_domain_goes_in_a_labels_where_smtputf8_is_not_offered") {
  Message message;
  message.sender = "a@caf\xc3\xa9.test";
  message.content = std::make_shared<const std::string>(body);
  const std::vector<Recipient> recipients = {{.address = "x@b\xc3\xbc"
                                                         "cher.test"}};
  Conversation plain(plain_settings());
  plain.greeted()
      .begins(message, recipients)
      .says("MAIL FROM:<a@xn--caf-dma.test>")
      .hears("250 ok");
  plain.says("RCPT TO:<x@xn--bcher-kva.test>").hears("250 ok").says("DATA");
  // Where it is offered, the address stays as it is.
  Conversation utf8(plain_settings());
  utf8.greeted("250-mx\n250 SMTPUTF8").begins(message, recipients);
  utf8.says("MAIL FROM:<a@caf\xc3\xa9.test> SMTPUTF8").hears("250 ok");
  utf8.says("RCPT TO:<x@b\xc3\xbc"
            "cher.test>");
}

TEST_CASE("requiretls_is_said_inside_verified_tls_alone") {
  Message message;
  message.sender = "a@client.test";
  message.content = std::make_shared<const std::string>(body);
  message.requiretls = true;
  const std::vector<Recipient> recipients = {{.address = "x@mx.test"}};
  const auto inside_tls = [&](bool verified, std::string_view ehlo_reply) {
    SessionSettings settings = plain_settings();
    settings.tls = TlsMode::opportunistic;
    Dialogue dialogue(settings);
    dialogue.start();
    for (const auto* line : {"220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go\r\n"})
      dialogue.receive(line);
    dialogue.handshake_done({.used = true, .verified = verified});
    dialogue.receive(ehlo_reply);
    std::string said;
    for (const Action& action : dialogue.begin(message, recipients)) {
      if (const auto* send = std::get_if<action::Send>(&action)) said += send->bytes;
      if (const auto* settled = std::get_if<action::Settled>(&action))
        said += describe(settled->settlement);
    }
    return said;
  };
  const std::string refused = "permanent unsupported mail 5.7.30 0";
  CHECK(inside_tls(true, "250-mx\r\n250 REQUIRETLS\r\n") ==
        "MAIL FROM:<a@client.test> REQUIRETLS\r\n");
  CHECK(inside_tls(true, "250 mx\r\n") == refused);
  CHECK(inside_tls(false, "250-mx\r\n250 REQUIRETLS\r\n") == refused);
  Conversation clear(plain_settings());
  clear.greeted("250-mx\n250 REQUIRETLS").begins(message, recipients).says("").settles(0, refused);
  // A notification is not lost for want of it.
  message.sender.clear();
  CHECK(inside_tls(true, "250-mx\r\n250 REQUIRETLS\r\n") == "MAIL FROM:<> REQUIRETLS\r\n");
  CHECK(inside_tls(true, "250 mx\r\n") == "MAIL FROM:<>\r\n");
  CHECK(inside_tls(false, "250-mx\r\n250 REQUIRETLS\r\n") == "MAIL FROM:<>\r\n");
}
