// Connections are kept, limited, and given up; a dead one costs no try.
#include "client/delivery/delivery.hpp"
#include "client/support/scripted_server.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <atomic>

using namespace tempfail::client;
using namespace tempfail::client::test;

TEST_CASE("the_next_message_uses_the_same_connection") {
  ScriptedServer server({[](Peer& peer) { peer.serve(); }});
  {
    Delivery delivery;
    for (int count = 0; count < 3; ++count) {
      const auto outcome = delivery.send(to_port(server.port()));
      CHECK(outcome.of() == "delivered none message 2.0.0");
      CHECK(outcome.report.tries[0].reused == (count > 0));
    }
    CHECK(delivery.deliverer().pool().idle() == 1);
  }
  server.stop();
  CHECK(server.connections() == 1);
  CHECK(server.heard().back() == "QUIT");
}

TEST_CASE("a_connection_that_died_in_the_pool_is_not_a_try") {
  for (const bool reset : {false, true}) {
    const auto one_message = [reset](Peer& peer) {
      peer.say("220 mx");
      for (const char* reply : {"250 mx", "250 ok", "250 ok", "354 go"}) {
        peer.hear();
        peer.say(reply);
      }
      peer.hear_content();
      peer.say("250 ok");
      peer.hear(); // the second MAIL: it goes down with the connection
      reset ? peer.reset() : peer.close_now();
    };
    ScriptedServer server({one_message, [](Peer& peer) { peer.serve(); }});
    Delivery delivery;
    CHECK(delivery.send(to_port(server.port())).of() == "delivered none message 2.0.0");
    const auto outcome = delivery.send(to_port(server.port()));
    CHECK(outcome.of() == "delivered none message 2.0.0");
    CHECK(outcome.tries() == "127.0.0.1 dropped (dead); 127.0.0.1 none");
    CHECK(server.connections() == 2);
  }
}

TEST_CASE("a_connection_closed_while_idle_leaves_the_pool") {
  ScriptedServer server({[](Peer& peer) {
                           peer.say("220 mx");
                           for (const char* reply : {"250 mx", "250 ok", "250 ok", "354 go"}) {
                             peer.hear();
                             peer.say(reply);
                           }
                           peer.hear_content();
                           peer.say("250 ok");
                           peer.say("421 4.4.2 idle too long");
                         },
                         [](Peer& peer) { peer.serve(); }});
  Delivery delivery;
  CHECK(delivery.send(to_port(server.port())).of() == "delivered none message 2.0.0");
  delivery.wait_until([&] { return delivery.deliverer().pool().open_connections() == 0; });
  const auto outcome = delivery.send(to_port(server.port()));
  CHECK(outcome.of() == "delivered none message 2.0.0");
  CHECK(outcome.tries() == "127.0.0.1 none");
}

TEST_CASE("idle_connections_are_left_with_quit_after_a_while") {
  ScriptedServer server({[](Peer& peer) { peer.serve(); }});
  Delivery delivery({.pool = {.idle_time = std::chrono::seconds(5)}});
  CHECK(delivery.send(to_port(server.port())).of() == "delivered none message 2.0.0");
  CHECK(delivery.deliverer().pool().open_connections() == 1);
  delivery.wait_until([&] { return delivery.deliverer().pool().open_connections() == 0; });
  delivery.wait_until([&] { return !server.heard().empty(); });
  CHECK(server.heard().back() == "QUIT");
}

TEST_CASE("a_connection_serves_only_so_many_messages") {
  ScriptedServer server({[](Peer& peer) { peer.serve(); }});
  Delivery delivery({.pool = {.messages_per_connection = 2}});
  for (int count = 0; count < 4; ++count) {
    CHECK(delivery.send(to_port(server.port())).of() == "delivered none message 2.0.0");
  }
  CHECK(server.connections() == 2);
}

TEST_CASE("no_more_connections_at_once_than_allowed") {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  ScriptedServer server({[&](Peer& peer) {
    const int count = ++now;
    int seen = most;
    while (count > seen && !most.compare_exchange_weak(seen, count)) {
    }
    peer.on_quit = [&] { --now; };
    peer.serve();
  }});
  Delivery delivery({.pool = {.per_destination = 3, .idle_per_destination = 0}});
  std::vector<std::shared_ptr<Outcome>> outcomes;
  for (int count = 0; count < 20; ++count) {
    outcomes.push_back(delivery.start(to_port(server.port()), {"x@mx.test"}));
  }
  delivery.run();
  for (const auto& outcome : outcomes) {
    CHECK(outcome->of() == "delivered none message 2.0.0");
  }
  CHECK(server.connections() == 20);
  CHECK(most <= 3);
}

TEST_CASE("the_total_limit_makes_room_by_closing_idle_connections") {
  ScriptedServer one({[](Peer& peer) { peer.serve(); }});
  ScriptedServer two({[](Peer& peer) { peer.serve(); }});
  Delivery delivery({.pool = {.total = 1}});
  for (int count = 0; count < 2; ++count) {
    CHECK(delivery.send(to_port(one.port())).of() == "delivered none message 2.0.0");
    CHECK(delivery.send(to_port(two.port())).of() == "delivered none message 2.0.0");
    CHECK(delivery.deliverer().pool().open_connections() == 1);
  }
}

TEST_CASE("concurrency_goes_down_with_421_and_up_again_with_success") {
  std::atomic<bool> refusing = true;
  ScriptedServer server({[&](Peer& peer) {
    if (refusing) {
      peer.say("421 4.7.0 too many connections");
    } else {
      peer.serve();
    }
  }});
  Delivery delivery({.pool = {.per_destination = 8, .idle_per_destination = 0}});
  const auto limit_after = [&](int count) {
    for (int number = 0; number < count; ++number) {
      delivery.start(to_port(server.port()), {"x@mx.test"});
    }
    delivery.run();
    const std::string destination =
        "127.0.0.1:" + std::to_string(server.port()) + "|127.0.0.1|0|||client.test||p";
    return delivery.deliverer().pool().limit(destination);
  };
  const double low = limit_after(8);
  CHECK(low < 4);
  refusing = false;
  CHECK(limit_after(30) > low);
}
