// Draining a queue: what is tried when, by whom, how many at once, and when it is done.
#include "fixture.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;
using namespace std::chrono_literals;

namespace {
const Moment far = start + 24h * 365;
}

TEST_CASE("delivered_at_once_and_the_queue_is_empty") {
  World world{{}};
  const MessageId id = world.send(submission({"a@x.test", "b@x.test"}));
  CHECK(world.clock->run(far));
  CHECK(world.tries(id).size() == 1);
  CHECK(world.runner().idle());
  CHECK(world.queue.message(id)->finished);
  for (const auto& recipient : world.queue.recipients(id))
    CHECK(recipient.state == RecipientState::delivered);
}

TEST_CASE("queue_stopped_for_six_hours_is_delivered_on_the_third_retry") {
  World world{{lasting("4.3.2", 6h)}};
  const MessageId id = world.send(submission({"a@x.test"}));
  CHECK(world.clock->run(far));
  const auto tries = world.tries(id);
  REQUIRE(tries.size() == 4); // 0, +1 h, +4 h, +12 h
  CHECK(tries[1] >= 1.0);
  CHECK(tries[2] - tries[1] >= 4.0);
  CHECK(tries[3] - tries[2] >= 12.0);
  CHECK(world.queue.recipients(id)[0].state == RecipientState::delivered);
}

TEST_CASE("recipients_go_by_destination_and_come_back_together") {
  World world{{until_try("450 4.2.0 busy", 3)}};
  const MessageId id = world.send(submission({"a@x.test", "b@y.test", "c@X.test"}));
  world.clock->advance(1min);
  REQUIRE(world.deliverer.all.size() == 2);
  CHECK(world.deliverer.all[0].recipients == std::vector<std::string>{"a@x.test", "c@X.test"});
  CHECK(world.deliverer.all[1].recipients == std::vector<std::string>{"b@y.test"});
  CHECK(world.clock->run(far));
  REQUIRE(world.deliverer.all.size() == 4);
  CHECK(world.deliverer.all[2].recipients.size() ==
        2); // the jitter is the message's, not the recipient's
  CHECK(world.queue.message(id)->finished);
}

TEST_CASE("one_route_for_all_makes_one_try") {
  World world{{}};
  world.options.settings.next_hop.host = "127.0.0.1";
  world.send(submission({"a@x.test", "b@y.test"}));
  world.clock->run(far);
  CHECK(world.deliverer.all.size() == 1);
}

TEST_CASE("tries_at_once_are_limited_and_the_rest_follow") {
  World world{{}};
  world.options.max_parallel_tries = 3;
  for (int i = 0; i < 10; ++i)
    world.queue.accept(submission({"a@x.test"}), start);
  CHECK(world.runner().tries_under_way() == 3);
  world.clock->advance(1s);
  CHECK(world.runner().tries_under_way() == 3);
  CHECK(world.clock->run(far));
  CHECK(world.deliverer.all.size() == 10);
  CHECK(world.runner().idle());
}

TEST_CASE("permanent_refusal_is_tried_once") {
  World world{{for_ever("550 5.1.1 no such user")}};
  const MessageId id = world.send(submission({"a@x.test"}));
  CHECK(world.clock->run(far));
  CHECK(world.tries(id).size() == 1);
  CHECK(world.queue.recipients(id)[0].state == RecipientState::failed);
}

TEST_CASE("host_that_stays_away_is_left_alone_for_all_messages_and_probed_by_one") {
  World world{{for_ever("connect-refused")}};
  for (int i = 0; i < 5; ++i)
    world.send(submission({"a@x.test"}));
  world.clock->advance(10min);
  const std::size_t before = world.scripted.attempts();
  CHECK(before == 5); // under way before it was known
  world.clock->advance(2h);
  // Each message wants a try every half an hour or so; what leaves are probes, one per pause.
  CHECK(world.scripted.attempts() - before <= 3);
  const auto counts = world.queue.hosts();
  REQUIRE(counts.size() == 1);
  CHECK(counts[0].off_until);
  CHECK(counts[0].failed == world.scripted.attempts());
}

TEST_CASE("host_that_is_off_costs_no_try") {
  World world{{lasting("connect-refused", 1h)}, "suspend: {after: 1, first: 90m, longest: 2h}"};
  const MessageId id = world.send(submission({"a@x.test"}));
  CHECK(world.clock->run(far));
  const auto recipient = world.queue.recipients(id)[0];
  CHECK(recipient.state == RecipientState::delivered);
  CHECK(recipient.retry.tries == 2);
  CHECK(world.scripted.attempts() == 2);
  CHECK(world.tries(id).size() > 2); // asked for in vain while the host was off
}

TEST_CASE("alternative_port_is_used_on_the_next_try") {
  World world{
      {for_ever("connect-timeout")},
      "alternatives: [{after: 1, on: connect-timeout, use: {port: 587}}]\nsuspend: {after: 0}"};
  world.send(submission({"a@x.test"}));
  world.clock->advance(3h);
  REQUIRE(world.deliverer.all.size() >= 3);
  CHECK(world.deliverer.all[0].settings.next_hop.port == 25);
  CHECK(world.deliverer.all[1].settings.next_hop.port == 587);
  CHECK(world.deliverer.all[2].settings.next_hop.port == 25);
}

TEST_CASE("wake_takes_up_what_someone_else_made_due") {
  World world{{until_try("4.3.2", 2)}};
  const MessageId id = world.send(submission({"a@x.test"}));
  world.clock->advance(1min);
  CHECK(world.queue.retry_now(id, world.clock->now()) == 1);
  world.runner().wake();
  world.clock->advance(1min);
  CHECK(world.queue.message(id)->finished);
}

TEST_CASE("stop_waits_for_what_is_under_way_and_begins_nothing_more") {
  World world{{}};
  world.options.max_parallel_tries = 1;
  world.queue.accept(submission({"a@x.test"}), start);
  world.queue.accept(submission({"b@x.test"}), start);
  bool stopped = false;
  world.runner().stop([&] { stopped = true; });
  CHECK_FALSE(stopped);
  world.clock->run(far);
  CHECK(stopped);
  CHECK(world.deliverer.all.size() == 1);
  CHECK(world.queue.states() ==
        std::map<RecipientState, std::uint64_t>{{RecipientState::waiting, 1}});
}

TEST_CASE("finished_messages_are_forgotten_after_a_while") {
  World world{{}};
  const MessageId first = world.send(submission({"a@x.test"}));
  world.clock->run(far);
  world.clock->advance(8 * 24h);
  world.send(submission({"b@x.test"}));
  world.clock->run(far);
  CHECK_FALSE(world.queue.message(first));
}

TEST_CASE("same_seed_same_run_other_seed_other_run") {
  const auto moments = [](std::uint64_t seed) {
    World world{{for_ever("451 4.3.0 later")}};
    world.options.seed = seed;
    const MessageId id = world.send(submission({"a@x.test"}));
    world.clock->run(far);
    return world.tries(id);
  };
  CHECK(moments(7) == moments(7));
  CHECK(moments(7) != moments(8));
}
