// One try at one host: what it says, and every way in which it may go silent or away.
#include "client/delivery/delivery.hpp"
#include "client/support/scripted_server.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;
using namespace tempfail::client::test;

namespace {

/// Plays a session as far as the stage: what is said and heard before it is over.
void play_until(Peer& peer, Stage stage) {
  const std::vector<std::pair<Stage, const char*>> steps = {{Stage::greeting, "220 mx"},
                                                            {Stage::ehlo, "250 mx"},
                                                            {Stage::mail, "250 ok"},
                                                            {Stage::rcpt, "250 ok"},
                                                            {Stage::data, "354 go"}};
  for (const auto& [step, reply] : steps) {
    if (step != Stage::greeting) {
      peer.hear();
    }
    if (step == stage) {
      return;
    }
    peer.say(reply);
  }
  peer.hear_content();
}

const std::vector<Stage> stages = {Stage::greeting, Stage::ehlo, Stage::mail,
                                   Stage::rcpt,     Stage::data, Stage::message};

} // namespace

TEST_CASE("delivered_and_told_in_order") {
  ScriptedServer server(
      {[](Peer& peer) { peer.serve("250-mx\n250-PIPELINING\n250 DSN", "250 2.6.0 thanks"); }});
  Delivery delivery;
  const auto outcome =
      delivery.send(to_port(server.port()), {"x@mx.test", "y@mx.test"}, "a\r\n.b\r\n");
  CHECK(outcome.of(0) == "delivered none message 2.6.0");
  CHECK(outcome.of(1) == "delivered none message 2.6.0");
  CHECK(outcome.order ==
        std::vector<std::string>{"committing 0 1", "settled 0", "settled 1", "finished"});
  const RecipientResult& result = outcome.report.results[0];
  CHECK(result.dsn_relayed);
  CHECK(result.replied);
  CHECK(result.code == 250);
  CHECK(result.text == "2.6.0 thanks");
  CHECK(result.address == "127.0.0.1:" + std::to_string(server.port()));
  delivery.deliverer().close_idle();
  delivery.wait_until([&] { return delivery.deliverer().pool().open_connections() == 0; });
  delivery.wait_until([&] { return !server.contents().empty(); });
  CHECK(server.contents() == std::vector<std::string>{"a\r\n.b\r\n"});
  CHECK(server.heard() == std::vector<std::string>{"EHLO client.test", "MAIL FROM:<a@client.test>",
                                                   "RCPT TO:<x@mx.test>", "RCPT TO:<y@mx.test>",
                                                   "DATA", "QUIT"});
}

TEST_CASE("dropped_at_each_stage") {
  for (const bool reset : {false, true}) {
    for (const Stage stage : stages) {
      INFO(name(stage) << (reset ? " RST" : " FIN"));
      ScriptedServer server({[=](Peer& peer) {
        play_until(peer, stage);
        reset ? peer.reset() : peer.close_now();
      }});
      Delivery delivery;
      const std::string expected = "transient dropped " + std::string(name(stage)) + " 4.4.2";
      CHECK(delivery.send(to_port(server.port())).of() ==
            expected + (stage == Stage::message ? " in-doubt" : ""));
      CHECK(server.connections() == 1);
    }
  }
}

TEST_CASE("silent_at_each_stage") {
  std::vector<std::unique_ptr<ScriptedServer>> servers;
  Delivery delivery({}, 50);
  std::vector<std::shared_ptr<Outcome>> outcomes;
  for (const Stage stage : stages) {
    servers.push_back(
        std::make_unique<ScriptedServer>(std::vector<ScriptedServer::Script>{[=](Peer& peer) {
          play_until(peer, stage);
          peer.hear_all();
        }}));
    outcomes.push_back(delivery.start(to_port(servers.back()->port()), {"x@mx.test"}));
  }
  delivery.run();
  for (std::size_t index = 0; index < stages.size(); ++index) {
    const Stage stage = stages[index];
    INFO(name(stage));
    if (stage == Stage::greeting) {
      CHECK(outcomes[index]->of() == "transient no-greeting greeting 4.4.1");
    } else {
      CHECK(outcomes[index]->of() == "transient time-out " + std::string(name(stage)) + " 4.4.2" +
                                         (stage == Stage::message ? " in-doubt" : ""));
    }
    // The RFC's patience, divided by 50: no less than that.
    const auto least = stage == Stage::data ? 2400 : stage == Stage::message ? 12'000 : 6000;
    CHECK(outcomes[index]->report.duration >= std::chrono::milliseconds(least));
  }
}

TEST_CASE("a_421_at_each_stage_closes_at_once") {
  for (const Stage stage : stages) {
    INFO(name(stage));
    std::string rest;
    {
      ScriptedServer server({[&](Peer& peer) {
        play_until(peer, stage);
        peer.say("421 4.3.2 going down");
        rest = peer.hear_all();
      }});
      Delivery delivery;
      CHECK(delivery.send(to_port(server.port())).of() ==
            "transient reply-4yz " + std::string(name(stage)) + " 4.3.2");
    }
    CHECK(rest.empty());
  }
}

TEST_CASE("refusals_end_with_quit") {
  for (const Stage stage : stages) {
    INFO(name(stage));
    std::vector<std::string> heard;
    {
      ScriptedServer server({[&](Peer& peer) {
        play_until(peer, stage);
        peer.say("554 5.7.1 no");
        if (stage == Stage::ehlo) {
          peer.hear();
          peer.say("554 5.7.1 not even HELO");
        }
        peer.hear();
        peer.say("221 bye");
        heard = peer.heard;
      }});
      Delivery delivery;
      CHECK(delivery.send(to_port(server.port())).of() ==
            "permanent reply-5yz " + std::string(name(stage)) + " 5.7.1");
    }
    REQUIRE_FALSE(heard.empty());
    CHECK(heard.back() == "QUIT");
  }
}

TEST_CASE("connection_refused") {
  RefusedPort port;
  Delivery delivery;
  const auto outcome = delivery.send(to_port(port.port()));
  CHECK(outcome.of() == "transient connect-refused connect 4.4.1");
  CHECK(outcome.order == std::vector<std::string>{"settled 0", "finished"});
}

TEST_CASE("garbage_instead_of_a_greeting") {
  ScriptedServer server({[](Peer& peer) {
    peer.say("SSH-2.0-OpenSSH_9.2");
    peer.hear_all();
  }});
  Delivery delivery;
  CHECK(delivery.send(to_port(server.port())).of() == "transient protocol-error greeting 4.5.0");
}

TEST_CASE("one_reply_too_many_behind_ehlo") {
  ScriptedServer server({[](Peer& peer) {
    peer.say("220 mx");
    peer.hear();
    peer.say("250 mx\n250 and another");
    peer.hear_all();
  }});
  Delivery delivery;
  CHECK(delivery.send(to_port(server.port())).of() == "transient protocol-error idle 4.5.0");
}

TEST_CASE("replies_one_byte_at_a_time") {
  ScriptedServer server({[](Peer& peer) {
    const auto drip = [&peer](std::string_view bytes) {
      for (const char byte : bytes) {
        peer.send({&byte, 1});
      }
    };
    drip("220 mx\r\n");
    peer.hear();
    drip("250-mx\r\n250 DSN\r\n");
    peer.hear();
    drip("250 ok\r\n");
    peer.hear();
    drip("250 ok\n");
    peer.hear();
    drip("354 go\r\n");
    peer.hear_content();
    drip("250-2.0.0 ok\r\n250 2.0.0 really\r\n");
    peer.hear_all();
  }});
  Delivery delivery;
  CHECK(delivery.send(to_port(server.port())).of() == "delivered none message 2.0.0");
}

TEST_CASE("refused_in_the_middle_of_a_large_message") {
  ScriptedServer server({[](Peer& peer) {
    play_until(peer, Stage::data);
    peer.say("354 go");
    peer.hear_bytes(100'000);
    peer.say("452 4.3.1 disk full");
    peer.finish();
  }});
  Delivery delivery;
  const auto outcome =
      delivery.send(to_port(server.port()), {"x@mx.test"}, std::string(50'000'000, 'x') + "\r\n");
  CHECK(outcome.of() == "transient reply-4yz content 4.3.1");
}

TEST_CASE("a_reader_that_stops_reading_times_out_in_the_content") {
  std::mutex hold;
  hold.lock();
  ScriptedServer server({[&](Peer& peer) {
    play_until(peer, Stage::data);
    peer.say("354 go");
    const std::lock_guard wait(hold);
  }});
  Delivery delivery({}, 60);
  const auto outcome =
      delivery.send(to_port(server.port()), {"x@mx.test"}, std::string(50'000'000, 'x') + "\r\n");
  hold.unlock();
  CHECK(outcome.of() == "transient time-out content 4.4.2");
}

TEST_CASE("large_messages_arrive_whole") {
  std::string content;
  while (content.size() < 8'000'000) {
    content += "." + std::to_string(content.size()) + "\r\n";
  }
  for (const bool chunking : {false, true}) {
    ScriptedServer server({[](Peer& peer) { peer.serve("250-mx\n250 CHUNKING"); }});
    {
      Delivery delivery;
      DeliverySettings settings = to_port(server.port());
      settings.chunking = chunking;
      CHECK(delivery.send(settings, {"x@mx.test"}, content).of() == "delivered none message 2.0.0");
    }
    server.stop();
    std::string received;
    for (const std::string& part : server.contents()) {
      received += part;
    }
    CHECK((received == content));
  }
}

TEST_CASE("the_final_dot_stays_here_if_the_caller_says_so") {
  for (const bool chunking : {false, true}) {
    ScriptedServer server({[](Peer& peer) { peer.serve("250-mx\n250 CHUNKING"); }});
    DeliverySettings settings = to_port(server.port());
    settings.chunking = chunking;
    {
      Delivery delivery;
      delivery.may_commit = false;
      const auto outcome = delivery.send(settings, {"x@mx.test"}, chunking ? "" : "body\r\n");
      CHECK(outcome.of() == "transient local content 4.3.0");
    }
    server.stop();
    CHECK(server.contents().empty());
    CHECK(server.heard().back() == (chunking ? "RCPT TO:<x@mx.test>" : "DATA"));
  }
}

TEST_CASE("many_recipients_go_in_several_transactions") {
  ScriptedServer server({[](Peer& peer) { peer.serve(); }});
  DeliverySettings settings = to_port(server.port());
  settings.max_recipients_per_message = 2;
  {
    Delivery delivery;
    const auto outcome = delivery.send(settings, {"a@x", "b@x", "c@x", "d@x", "e@x"});
    for (std::size_t recipient = 0; recipient < 5; ++recipient) {
      CHECK(outcome.of(recipient) == "delivered none message 2.0.0");
    }
  }
  server.stop();
  CHECK(server.connections() == 1);
  CHECK(server.contents().size() == 3);
}
