// The real session on real sockets: the ways in which net and session depend on each other.
#include "net/raw_client.hpp"
#include "net/running_server.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <string>

using namespace tempfail;
using namespace tempfail::test;
using namespace std::chrono_literals;
using scenario::Stage;

namespace {

scenario::Server server_with(std::vector<Stage> stages, std::vector<scenario::Action> actions) {
  scenario::Server server;
  server.extensions[static_cast<std::size_t>(scenario::Extension::pipelining)] = true;
  if (stages.empty()) return server;
  scenario::Rule rule;
  rule.stages = std::move(stages);
  rule.actions = std::move(actions);
  server.rules.push_back(std::move(rule));
  return server;
}

constexpr std::string_view envelope =
    "MAIL FROM:<a@client.test>\r\nRCPT TO:<b@server.test>\r\nDATA\r\n";
constexpr std::string_view content = "Subject: x\r\n\r\ntext\r\n.\r\n";

/// Reads one reply; its code, and the whole when asked for.
std::string code_of_reply(RawClient& client) {
  std::string line = client.read_line();
  while (line.size() > 3 && line[3] == '-')
    line = client.read_line();
  return line.substr(0, 3);
}

void greet(RawClient& client) {
  REQUIRE(code_of_reply(client) == "220");
  client.send("EHLO client.test\r\n");
  REQUIRE(code_of_reply(client) == "250");
}

/// A server whose MAIL is answered after 30 s, with an end.
scenario::Server busy_server() {
  scenario::action::Reply reply;
  reply.text.code = 421;
  reply.text.wire = "421 4.3.2 closing\r\n";
  return server_with({Stage::mail}, {scenario::action::Delay{30s, 30s}, reply});
}

/// Gets as far as that MAIL: its reply is waited for.
void greet_and_mail(RunningServer& server, RawClient& client, const std::string& sender) {
  greet(client);
  client.send("MAIL FROM:<" + sender + ">\r\n");
  REQUIRE(server.journal().wait_for("MAIL FROM:<" + sender));
}

} // namespace

TEST_CASE("SMTP: a message, pipelined, is accepted, and in the journal before its 250") {
  RunningServer server;
  RawClient client(server.serve("healthy", server_with({}, {})));
  greet(client);
  client.send(envelope);
  CHECK(code_of_reply(client) == "250");
  CHECK(code_of_reply(client) == "250");
  CHECK(code_of_reply(client) == "354");
  client.send(std::string(content) + "QUIT\r\n");
  CHECK(code_of_reply(client) == "250");
  CHECK(server.journal().flushed().find("\"event\":\"accepted\"") != std::string::npos);
  const Rest rest = client.read_to_end();
  CHECK(rest.bytes.substr(0, 3) == "221");
  CHECK(rest.ending == Ending::fin);
  CHECK(server.journal().wait_for("\"event\":\"disconnect\""));
  server.run([](net::Server& it) { CHECK(it.totals().messages_accepted == 1); });
}

TEST_CASE("SMTP: a reply that is sent twice comes before all that follows") {
  RunningServer server;
  RawClient client(
      server.serve("twice", server_with({Stage::rcpt}, {scenario::action::DuplicateReply{}})));
  greet(client);
  client.send(envelope);
  std::string codes;
  for (int i = 0; i < 4; ++i)
    codes += code_of_reply(client) + " ";
  CHECK(codes == "250 250 250 354 ");
  client.send(std::string(content) + "QUIT\r\n");
  CHECK(code_of_reply(client) == "250");
  const Rest rest = client.read_to_end();
  CHECK(rest.bytes.substr(0, 3) == "221");
  CHECK(rest.ending == Ending::fin);
  CHECK(server.journal().wait_for("\"did\":\"duplicate-reply\""));
}

TEST_CASE("SMTP: the same bytes, cut anywhere, get the same replies") {
  RunningServer server;
  const std::uint16_t port = server.serve("healthy", server_with({}, {}));
  const std::string all = "EHLO client.test\r\n" + std::string(envelope);
  for (std::size_t cut = 1; cut < all.size(); ++cut) {
    RawClient client(port);
    REQUIRE(code_of_reply(client) == "220");
    client.send(all.substr(0, cut));
    client.send(all.substr(cut));
    std::string codes;
    for (int i = 0; i < 4; ++i)
      codes += code_of_reply(client) + " ";
    REQUIRE(codes == "250 250 250 354 ");
  }
}

TEST_CASE("SMTP: a delayed reply keeps later commands waiting, and their order") {
  RunningServer server({}, RunningServer::Time::manual);
  RawClient client(
      server.serve("slow", server_with({Stage::mail}, {scenario::action::Delay{30s, 30s}})));
  greet(client);
  client.send(envelope);
  REQUIRE(server.journal().wait_for("MAIL FROM"));
  server.advance(29s);
  CHECK_FALSE(client.readable_within(30));
  server.advance(1s);
  CHECK(code_of_reply(client) == "250");
  CHECK(code_of_reply(client) == "250");
  CHECK(code_of_reply(client) == "354");
}

TEST_CASE("SMTP: a client that has said QUIT and closed its side is answered all the same") {
  RunningServer server({}, RunningServer::Time::manual);
  RawClient client(
      server.serve("slow", server_with({Stage::mail}, {scenario::action::Delay{30s, 30s}})));
  greet(client);
  client.send("MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nQUIT\r\n");
  client.half_close();
  REQUIRE(server.journal().wait_for("MAIL FROM"));
  CHECK_FALSE(client.readable_within(30));
  server.advance(30s);
  CHECK(code_of_reply(client) == "250");
  CHECK(code_of_reply(client) == "250");
  CHECK(code_of_reply(client) == "221");
  CHECK(server.journal().wait_for("client-quit"));
}

TEST_CASE(
    "SMTP: a client that has said QUIT to a server that stalls for ever, and closed, is gone") {
  RunningServer server;
  RawClient client(server.serve("stalls", server_with({Stage::mail}, {scenario::action::Stall{}})));
  greet(client);
  client.send("MAIL FROM:<a@example.test>\r\n");
  REQUIRE(server.journal().wait_for("MAIL FROM"));
  client.send("RSET\r\nQUIT\r\n");
  client.close();
  CHECK(server.journal().wait_for("client-closed"));
  CHECK(server.wait_until([](net::Server& it) { return it.open_sessions("") == 0; }));
}

TEST_CASE("SMTP: a greeting that comes late comes on time") {
  RunningServer server({}, RunningServer::Time::manual);
  RawClient client(server.serve(
      "tarpit", server_with({Stage::greeting}, {scenario::action::Delay{6min, 6min}})));
  REQUIRE(server.wait_until([](net::Server& it) { return it.open_sessions("") == 1; }));
  server.advance(6min - 1us);
  CHECK_FALSE(client.readable_within(30));
  server.advance(1us);
  CHECK(code_of_reply(client) == "220");
}

TEST_CASE("SMTP: a silent client is told 421 after five minutes") {
  RunningServer server({}, RunningServer::Time::manual);
  RawClient client(server.serve("healthy", server_with({}, {})));
  greet(client);
  server.advance(5min);
  const Rest rest = client.read_to_end();
  CHECK(rest.bytes.substr(0, 3) == "421");
  CHECK(rest.ending == Ending::fin);
}

TEST_CASE("SMTP: a reset after the final dot; the journal says who ended it") {
  RunningServer server;
  RawClient client(
      server.serve("drop", server_with({Stage::message}, {scenario::action::Reset{}})));
  greet(client);
  client.send(envelope);
  for (int i = 0; i < 3; ++i)
    code_of_reply(client);
  client.send(content);
  const Rest rest = client.read_to_end();
  CHECK(rest.bytes.empty());
  CHECK(rest.ending == Ending::reset);
  CHECK(server.journal().wait_for("\"event\":\"disconnect\""));
}

TEST_CASE("SMTP: a client that talks on after 421 is seen to") {
  RunningServer server;
  scenario::action::Reply reply;
  reply.text.code = 421;
  reply.text.wire = "421 4.3.2 closing\r\n";
  RawClient client(
      server.serve("busy", server_with({Stage::mail}, {reply, scenario::action::Close{}})));
  greet(client);
  client.send("MAIL FROM:<a@client.test>\r\n");
  CHECK(client.read_to_end().bytes == "421 4.3.2 closing\r\n");
  client.send("RSET\r\n");
  CHECK(server.journal().wait_for("talked-after-421"));
}

TEST_CASE("SMTP: the common port serves the scenario the recipient names") {
  RunningServer server;
  scenario::action::Reply reply;
  reply.text.code = 450;
  reply.text.wire = "450 4.2.0 busy\r\n";
  auto busy = std::make_shared<scenario::Scenario>();
  busy->name = "mailbox-busy";
  busy->server = server_with({Stage::rcpt}, {reply});
  std::uint16_t port = 0;
  server.run([&](net::Server& it) { port = it.serve_shared_port({busy}, 0).port; });
  RawClient client(port);
  greet(client);
  client.send("MAIL FROM:<a@client.test>\r\n");
  CHECK(code_of_reply(client) == "250");
  client.send("RCPT TO:<anyone@mailbox-busy.test>\r\n");
  CHECK(client.read_line() == "450 4.2.0 busy\r\n");
}

TEST_CASE("SMTP: stop says 421 and leaves no session behind") {
  RunningServer server;
  RawClient client(server.serve("healthy", server_with({}, {})));
  greet(client);
  std::thread reader([&] {
    const Rest rest = client.read_to_end();
    CHECK(rest.bytes.substr(0, 3) == "421");
    CHECK(rest.ending == Ending::fin);
    client.close();
  });
  server.stop();
  reader.join();
  CHECK(server.journal().wait_for("server-stop"));
}

TEST_CASE("SMTP: talking while any part of the greeting still waits is seen") {
  RunningServer server({}, RunningServer::Time::manual);
  scenario::Server slow = server_with({Stage::connect}, {scenario::action::Delay{30s, 30s}});
  scenario::action::Reply greeting;
  greeting.text.code = 220;
  greeting.text.wire = "220 at last\r\n";
  slow.rules.push_back(
      server_with({Stage::greeting}, {scenario::action::Delay{30s, 30s}, greeting}).rules.front());
  slow.rules.back().line = 20;
  RawClient client(server.serve("slow", slow));
  REQUIRE(server.wait_until([](net::Server& it) { return it.open_sessions("") == 1; }));
  server.advance(30s); // the first wait is over, and the second begins
  REQUIRE(server.journal().wait_for("\"stage\":\"connect\""));
  client.send("EHLO early.test\r\n");
  CHECK_FALSE(client.readable_within(50));
  server.advance(30s);
  CHECK(client.read_line() == "220 at last\r\n");
  CHECK(server.journal().wait_for("EHLO early.test"));
  CHECK(server.journal().wait_for("talked-before-greeting"));
}

TEST_CASE("SMTP: an end that comes behind a wait is in the journal when it comes") {
  RunningServer server({}, RunningServer::Time::manual);
  RawClient patient(server.serve("busy", busy_server()));
  greet_and_mail(server, patient, "a@client.test");
  server.advance(29s);
  CHECK(server.journal().flushed().find("disconnect") == std::string::npos);
  server.advance(1s);
  CHECK(patient.read_to_end().bytes == "421 4.3.2 closing\r\n");
  CHECK(server.journal().wait_for("\"time_us\":30000000,\"server\":1,\"session\":1,"
                                  "\"event\":\"disconnect\",\"by\":\"server\""));
}

TEST_CASE("SMTP: who hangs up before an end that waits has ended the connection") {
  RunningServer server({}, RunningServer::Time::manual);
  const std::uint16_t port = server.serve("busy", busy_server());
  RawClient hasty(port);
  greet_and_mail(server, hasty, "a@client.test");
  server.advance(10s);
  hasty.close();
  CHECK(server.journal().wait_for("\"time_us\":10000000,\"server\":1,\"session\":1,"
                                  "\"event\":\"disconnect\",\"by\":\"client-"));
  RawClient left_over(port);
  greet_and_mail(server, left_over, "late@client.test");
  server.stop();
  CHECK(server.journal().wait_for("\"session\":2,\"event\":\"disconnect\",\"by\":"
                                  "\"server-stop\""));
}

TEST_CASE("smtp: to catch up is to have answered all that clients sent before, new ones too") {
  RunningServer server;
  const std::uint16_t port = server.serve("test", server_with({}, {}));
  server.run(
      [port](net::Server& it) { // its loop is busy with this, so that nothing is handled by itself
        RawClient client(port);
        client.send("EHLO client.test\r\nNOOP\r\n");
        CHECK(it.totals().connections == 0);
        it.catch_up();
        CHECK(it.totals().connections == 1);
        REQUIRE(client.readable_within(0));
        const std::string said = client.read_some();
        CHECK(said.find("220 ") == 0);
        CHECK(said.find("\r\n250 Ok\r\n") != std::string::npos);
      });
}
