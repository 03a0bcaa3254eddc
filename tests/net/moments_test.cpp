// What the journal says of moments and of connections' ends, as a client of real sockets sees them.
#include "journal/reader.hpp"
#include "net/raw_client.hpp"
#include "net/running_server.hpp"
#include "support/catch.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <utility>

using namespace tempfail;
using namespace tempfail::test;
using namespace std::chrono_literals;
using journal::Journal;
using scenario::Stage;

namespace {

scenario::Server server_with(Stage stage, std::vector<scenario::Action> actions) {
  scenario::Server server;
  server.extensions[static_cast<std::size_t>(scenario::Extension::pipelining)] = true;
  scenario::Rule rule;
  rule.stages = {stage};
  rule.actions = std::move(actions);
  rule.line = 1;
  server.rules.push_back(std::move(rule));
  return server;
}

std::string code_of_reply(RawClient& client) {
  std::string line = client.read_line();
  while (line.size() > 3 && line[3] == '-')
    line = client.read_line();
  return line.substr(0, 3);
}

/// The exchange of this stage in the journal so far.
journal::event::Exchange exchange_at(RunningServer& server, Stage stage) {
  server.run([](net::Server&) {}); // what was done is written
  const std::string text = server.journal().flushed();
  const Journal journal = Journal::decode(text);
  for (const journal::Event& event : journal.events())
    if (const auto* one = std::get_if<journal::event::Exchange>(&event.body);
        one != nullptr && one->stage == stage) {
      journal::event::Exchange found;
      found.asked = one->asked;
      found.answered = one->answered;
      found.code = one->code;
      return found;
    }
  FAIL("no exchange at " << to_string(stage));
  return {};
}

/// Lets the server take in what has been sent to it: who comes after that is greeted after that.
void let_it_read(std::uint16_t port) {
  for (int i = 0; i < 2; ++i) {
    RawClient later(port);
    REQUIRE(code_of_reply(later) == "220");
  }
}

Moment at(Duration time) {
  return Moment(time);
}

} // namespace

TEST_CASE("moments: a reply that is held back is asked and answered at two moments") {
  RunningServer server({}, RunningServer::Time::manual);
  RawClient client(
      server.serve("slow", server_with(Stage::mail, {scenario::action::Delay{30s, 30s}})));
  REQUIRE(code_of_reply(client) == "220");
  server.advance(5s);
  client.send("EHLO client.test\r\n");
  REQUIRE(code_of_reply(client) == "250");
  client.send("MAIL FROM:<a@client.test>\r\n");
  REQUIRE(server.journal().wait_for("MAIL FROM"));
  CHECK_FALSE(exchange_at(server, Stage::mail).answered);
  server.advance(30s);
  CHECK(code_of_reply(client) == "250");
  REQUIRE(server.journal().wait_for(R"("event":"reply")"));
  const auto mail = exchange_at(server, Stage::mail);
  CHECK(mail.asked == at(5s));
  CHECK(mail.answered == at(35s));
  CHECK(mail.code == 250);
}

TEST_CASE("moments: what is sent while a reply is held back was asked when it came") {
  RunningServer server({}, RunningServer::Time::manual);
  const std::uint16_t port =
      server.serve("slow", server_with(Stage::mail, {scenario::action::Delay{30s, 30s}}));
  RawClient client(port);
  REQUIRE(code_of_reply(client) == "220");
  client.send("EHLO client.test\r\n");
  REQUIRE(code_of_reply(client) == "250");
  client.send("MAIL FROM:<a@client.test>\r\n");
  REQUIRE(server.journal().wait_for("MAIL FROM"));
  server.advance(10s);
  // The kernel keeps back what comes after data that is not acknowledged, unless it is told not to.
  const int at_once = 1;
  REQUIRE(::setsockopt(client.fd(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once) == 0);
  client.send("RCPT TO:<b@server.test>\r\n");
  let_it_read(port);
  server.advance(20s);
  CHECK(code_of_reply(client) == "250");
  CHECK(code_of_reply(client) == "250");
  REQUIRE(server.journal().wait_for("RCPT TO"));
  const auto rcpt = exchange_at(server, Stage::rcpt);
  CHECK(rcpt.asked == at(10s));
  CHECK(rcpt.answered == at(30s));
}

TEST_CASE("moments: a greeting is asked for by connecting") {
  RunningServer server({}, RunningServer::Time::manual);
  const std::uint16_t port =
      server.serve("slow", server_with(Stage::greeting, {scenario::action::Delay{30s, 30s}}));
  server.advance(3s);
  RawClient client(port);
  REQUIRE(server.journal().wait_for(R"("stage":"greeting")"));
  server.advance(30s);
  CHECK(code_of_reply(client) == "220");
  REQUIRE(server.journal().wait_for(R"("event":"reply")"));
  const auto greeting = exchange_at(server, Stage::greeting);
  CHECK(greeting.asked == at(3s));
  CHECK(greeting.answered == at(33s));
}

TEST_CASE("moments: an end says whether the server sent RST") {
  for (const bool reset : {false, true}) {
    RunningServer server;
    std::vector<scenario::Action> ending;
    if (reset)
      ending.emplace_back(scenario::action::Reset{});
    else
      ending.emplace_back(scenario::action::Close{});
    RawClient client(server.serve("ends", server_with(Stage::ehlo, std::move(ending))));
    REQUIRE(code_of_reply(client) == "220");
    client.send("EHLO client.test\r\n");
    CHECK(client.read_to_end().ending == (reset ? Ending::reset : Ending::fin));
    REQUIRE(server.journal().wait_for(R"("event":"disconnect")"));
    const std::string text = server.journal().flushed();
    const Journal journal = Journal::decode(text);
    std::size_t ends = 0;
    for (const journal::Event& event : journal.events())
      if (const auto* end = std::get_if<journal::event::Disconnect>(&event.body)) {
        ++ends;
        CHECK(end->reset == reset);
        CHECK(end->by == journal::event::EndedBy::server);
      }
    CHECK(ends == 1);
  }
}

TEST_CASE("moments: a server is told of before what its port does") {
  RunningServer server;
  scenario::Server refuses;
  refuses.listen = scenario::Listen{};
  refuses.listen->answer = scenario::ListenAnswer::refused;
  server.serve("closed", refuses);
  REQUIRE(server.journal().wait_for(R"("event":"listen")"));
  const std::string text = server.journal().flushed();
  CHECK(text.find(R"("event":"server")") < text.find(R"("event":"listen")"));
}

namespace {

/// A server that says much to a NOOP.
scenario::Server talkative() {
  std::string reply;
  for (int i = 0; i < 4000; ++i)
    reply += "250-" + std::string(70, 'x') + "\r\n";
  return server_with(Stage::noop, {scenario::action::Reply{{250, reply + "250 Ok\r\n", false}}});
}

/// A client that has sent NOOPs and reads no reply (10 MB a turn, more than kernels keep for one connection), when the
/// server can't say any more.
RawClient one_that_does_not_listen(RunningServer& server) {
  RawClient client(server.serve("talks", talkative()), 4096);
  REQUIRE(code_of_reply(client) == "220");
  client.send("EHLO client.test\r\n");
  REQUIRE(code_of_reply(client) == "250");
  std::string noops;
  for (unsigned i = 0; i < 2 * session::lines_per_call; ++i)
    noops += "NOOP\r\n";
  client.send(noops);
  REQUIRE(server.journal().wait_for(R"("unsent":)"));
  return client;
}

/// When the first and the last of the session's NOOPs were answered.
struct Answered {
  std::optional<Moment> first;
  std::optional<Moment> last;
  int last_code = 0;
};
Answered answers_to_noops(RunningServer& server) {
  server.run([](net::Server&) {});
  const std::string text = server.journal().flushed();
  const Journal journal = Journal::decode(text);
  Answered found;
  bool any = false;
  for (const journal::Event& event : journal.events())
    if (const auto* one = std::get_if<journal::event::Exchange>(&event.body);
        one != nullptr && one->verb == "NOOP") {
      if (!std::exchange(any, true)) found.first = one->answered;
      found.last = one->answered;
      found.last_code = one->code;
    }
  REQUIRE(any);
  return found;
}

} // namespace

TEST_CASE("moments: a reply that the client does not take is answered when it has left") {
  RunningServer server({}, RunningServer::Time::manual);
  RawClient client = one_that_does_not_listen(server);
  const Answered waiting = answers_to_noops(server);
  CHECK(waiting.first == at(0s));
  CHECK_FALSE(waiting.last);
  CHECK(waiting.last_code == 0);
  server.advance(30s);
  client.half_close(); // without QUIT: after the replies that wait the server sees the end
  client.read_to_end();
  REQUIRE(server.journal().wait_for(R"("event":"disconnect")"));
  const Answered taken = answers_to_noops(server);
  CHECK(taken.first == at(0s));
  CHECK(taken.last == at(30s));
  CHECK(taken.last_code == 250);
}

TEST_CASE("moments: a reply that the client never takes is never answered") {
  RunningServer server({}, RunningServer::Time::manual);
  RawClient client = one_that_does_not_listen(server);
  client.reset();
  REQUIRE(server.journal().wait_for(R"("event":"disconnect")"));
  const Answered never = answers_to_noops(server);
  CHECK(never.first == at(0s));
  CHECK_FALSE(never.last);
}
