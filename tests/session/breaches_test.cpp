// Breaches of the protocol by the sender are noted where they happen, and nowhere else.
#include "session/talk.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using journal::Breach;
using scenario::Extension;

namespace {

journal::Breaches of_command(std::string_view bytes, scenario::Scenario scenario = healthy()) {
  TalkServer server(std::move(scenario));
  Talk talk(server);
  talk.greets();
  const std::size_t before = talk.events("exchange").size();
  talk.hears_bytes(bytes);
  return talk.events("exchange").at(before).breaches;
}

journal::Breaches of_content(std::string_view bytes, std::string_view parameters = "") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets()
      .hears("MAIL FROM:<a@b>" + std::string(parameters))
      .hears("RCPT TO:<b@c>")
      .hears("DATA");
  talk.hears_bytes(bytes);
  talk.hears("\r\n.");
  REQUIRE(talk.events("content").size() == 1);
  return talk.events("content")[0].breaches;
}

journal::Breaches only(Breach breach) {
  return static_cast<journal::Breaches>(breach);
}

} // namespace

TEST_CASE("breaches: of commands") {
  CHECK(of_command("NOOP\r\n") == 0);
  CHECK(of_command("NOOP\n") == only(Breach::bare_lf_command));
  CHECK(of_command(std::string_view("NOOP \0\r\n", 8)) == only(Breach::nul));
  CHECK(of_command("NOOP \xC3\xA9\r\n") == only(Breach::eight_bit_command));
  CHECK(of_command("MAIL FROM:<\xC3\xA9@b>\r\n") == only(Breach::eight_bit_command));
  CHECK(of_command("MAIL FROM:<\xC3\xA9@b> SMTPUTF8\r\n") == 0);
  CHECK(of_command("MAIL FROM: <a@b>\r\n") == only(Breach::syntax));
  CHECK(of_command("XYZZY\r\n") == only(Breach::syntax));
  CHECK(of_command("DATA\r\n") == only(Breach::wrong_sequence));
  CHECK(of_command("NOOP " + std::string(600, 'x') + "\r\n") == only(Breach::line_too_long));
}

TEST_CASE("breaches: UTF-8 recipients need SMTPUTF8 at MAIL") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>").says("250 2.1.0 Sender ok").hears("RCPT TO:<\xC3\xA9@b>");
  talk.says("553 5.6.7 Address needs SMTPUTF8");
  CHECK(talk.last().breaches == only(Breach::eight_bit_command));
  talk.hears("RSET").hears("MAIL FROM:<a@b> SMTPUTF8").hears("RCPT TO:<\xC3\xA9@b>");
  CHECK(talk.last().breaches == 0);
  CHECK(talk.last().code == 250);
}

TEST_CASE("breaches: pipelining, with and without leave") {
  scenario::Scenario without = healthy();
  without.server.extensions = {};
  CHECK(of_command("RSET\r\nRSET\r\n") == 0);
  CHECK(of_command("RSET\r\nRSET\r\n", without) == only(Breach::pipelined_without_leave));
  // Commands that must come last in a group.
  CHECK(of_command("NOOP\r\nRSET\r\n") == only(Breach::pipelined_without_leave));
  CHECK(of_command("EHLO a\r\nRSET\r\n") == only(Breach::pipelined_without_leave));
  // A chunk is no command that waits.
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>").hears("RCPT TO:<b@c>").hears_bytes("BDAT 3\r\nabc");
  CHECK(talk.last().breaches == 0);
  talk.hears_bytes("EHLO again\r\nMAIL FROM:<a@b>\r\n");
  CHECK(talk.last().breaches == 0);
}

TEST_CASE("breaches: content sent before 354 was heard") {
  TalkServer server(healthy());
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>").hears("RCPT TO:<b@c>").hears_bytes("DATA\r\nx\r\n.\r\n");
  const auto exchanges = talk.events("exchange");
  CHECK(exchanges.at(4).line == "DATA");
  CHECK(exchanges.at(4).breaches == only(Breach::pipelined_without_leave));
  CHECK(talk.events("accepted").size() == 1);
}

TEST_CASE("breaches: of content") {
  CHECK(of_content("Subject: x\r\n\r\ntext") == 0);
  CHECK(of_content("a\nb") == only(Breach::bare_lf_content));
  CHECK(of_content("a\rb") == only(Breach::bare_cr_content));
  CHECK(of_content(std::string(999, 'x')) == only(Breach::line_too_long));
  CHECK(of_content(std::string(998, 'x')) == 0);
  CHECK(of_content(".text") == only(Breach::unstuffed_dot));
  CHECK(of_content("\xC3\xA9") == only(Breach::eight_bit_content));
  CHECK(of_content("\xC3\xA9", " BODY=8BITMIME") == 0);
  CHECK(of_content("\xC3\xA9", " SMTPUTF8") == 0); // in its header it may
  CHECK(of_content(std::string_view("a\0b", 3)) == only(Breach::nul));
  CHECK(of_content("12345678", " SIZE=9") == only(Breach::size_wrong));
  CHECK(of_content("12345678", " SIZE=10") == 0);
}

namespace {

/// The breaches of what is said after DATA was refused.
std::vector<journal::Breaches> after_refused_data(const std::vector<std::string_view>& lines,
                                                  std::string_view refusal = "452 4.3.1 Full") {
  scenario::Scenario refuses = healthy();
  refuses.server.rules.push_back(rule(scenario::Stage::data, {reply(refusal)}, {}, times(1)));
  TalkServer server(refuses);
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>").hears("RCPT TO:<b@c>").hears("DATA");
  const std::size_t before = talk.events("exchange").size();
  for (const std::string_view line : lines)
    talk.hears(line);
  std::vector<journal::Breaches> breaches;
  const auto exchanges = talk.events("exchange");
  for (std::size_t i = before; i < exchanges.size(); ++i)
    breaches.push_back(exchanges[i].breaches);
  return breaches;
}

using Many = std::vector<journal::Breaches>;

} // namespace

TEST_CASE("breaches: a text that is sent without a 354 to DATA is out of order, once") {
  const auto once = only(Breach::wrong_sequence);
  for (const std::string_view refusal : {"452 4.3.1 Full", "554 5.3.0 No", "250 2.0.0 Ok"}) {
    CHECK(after_refused_data({"Subject: x", "", "\xC3\xA9", "Help is a word", "text", "."},
                             refusal) == Many{once, 0, 0, 0, 0, 0});
    CHECK(after_refused_data({"."}, refusal) == Many{once});
  }
  const std::string long_line(600, 'x');
  CHECK(after_refused_data({"Subject: x", long_line}) == Many{once, 0});
}

TEST_CASE("breaches: after such a text commands are commands again") {
  const auto once = only(Breach::wrong_sequence);
  const auto syntax = only(Breach::syntax);
  CHECK(after_refused_data({"x", ".", "XYZZY"}) == Many{once, 0, syntax});
  CHECK(after_refused_data({"x", "RSET", "XYZZY"}) == Many{once, 0, syntax});
  // A refused DATA leaves the transaction open, so that another MAIL has a fault of its own.
  CHECK(after_refused_data({"x", "MAIL FROM:<a@b>", "XYZZY"}) == Many{once, once, syntax});
  CHECK(after_refused_data({"RSET", "XYZZY"}) == Many{0, syntax});
  CHECK(after_refused_data({"NOOP", "XYZZY"}) == Many{0, syntax});
}

TEST_CASE("breaches: a text that did not wait for the refusal of DATA was told of with DATA") {
  scenario::Scenario refuses = healthy();
  refuses.server.rules.push_back(rule(scenario::Stage::data, {reply("452 4.3.1 Full")}));
  TalkServer server(refuses);
  Talk talk(server);
  talk.greets().hears("MAIL FROM:<a@b>").hears("RCPT TO:<b@c>");
  talk.hears_bytes("DATA\r\nSubject: x\r\n\r\ntext\r\n.\r\n");
  const auto exchanges = talk.events("exchange");
  REQUIRE(exchanges.size() == 9);
  CHECK(exchanges[4].breaches == only(Breach::pipelined_without_leave));
  for (std::size_t i = 5; i < exchanges.size(); ++i)
    CHECK(exchanges[i].breaches == 0);
}
