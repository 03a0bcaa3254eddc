// What senders are told, when, and what they are not told.
#include "fixture.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;
using namespace std::chrono_literals;

namespace {
const Moment far = start + 24h * 365;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// Runs a message through a script to the end, and gives back the notifications.
std::vector<Listening::Asked> told(Script script, Submission given, std::string_view policy = "") {
  // What the script says is about the message; notifications leave at once, or the test would be about those.
  struct Kind final : Deliverer {
    Kind(Clock& clock, Script script) : scripted(clock, std::move(script)), healthy(clock, {}) {}
    void attempt(const Message& message, std::span<const Recipient> recipients,
                 const DeliverySettings& settings, AttemptCallbacks callbacks) override {
      (message.sender.empty() ? healthy : scripted)
          .attempt(message, recipients, settings, std::move(callbacks));
    }
    ScriptedDeliverer scripted;
    ScriptedDeliverer healthy;
  };
  const auto clock = make_virtual_clock(start);
  Queue queue{{}};
  Kind kind{*clock, std::move(script)};
  Listening listening{*clock, kind};
  const LoadedPolicy loaded = load_policy(policy);
  RunnerOptions options;
  options.reporting_host = "sender.test";
  Runner runner{queue, *clock, listening, loaded.policy, options, nullptr};
  queue.accept(given, start);
  runner.start();
  REQUIRE(clock->run(far));
  std::vector<Listening::Asked> found;
  for (auto& asked : listening.all) {
    if (asked.id != "1") found.push_back(asked);
  }
  return found;
}

} // namespace

TEST_CASE("permanent_refusal_is_told_once_at_once") {
  const auto notices = told({for_ever("550 5.1.1 no such user")}, submission({"a@x.test"}));
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].sender.empty());
  CHECK(notices[0].recipients == std::vector<std::string>{"from@sender.test"});
  CHECK(notices[0].at - start <= 2s);
  const std::string& text = notices[0].content;
  CHECK(has(text, "Action: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mail.example\r\n"
                  "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"));
}

TEST_CASE("silence_is_told_as_delayed_and_then_as_what_it_was") {
  const auto notices = told({for_ever("connect-timeout")}, submission({"a@x.test"}));
  REQUIRE(notices.size() == 2);
  CHECK(notices[0].at >= start + 4h);
  CHECK(notices[0].at <= start + 4h + 1min);
  CHECK(has(notices[0].content, "Action: delayed\r\nStatus: 4.4.1\r\n"));
  CHECK(has(notices[0].content,
            "Will-Retry-Until: Sun, 19 Nov 2023 22:13:20 +0000\r\n")); // five days after
  CHECK(has(notices[1].content, "Action: failed\r\nStatus: 4.4.1\r\n"));
  CHECK_FALSE(has(notices[1].content, "Will-Retry-Until"));
}

TEST_CASE("drop_is_told_as_442_and_being_put_off_for_ever_as_447") {
  const auto dropped = told({for_ever("dropped")}, submission({"a@x.test"}));
  CHECK(has(dropped.back().content, "Action: failed\r\nStatus: 4.4.2\r\n"));
  const auto put_off = told({for_ever("452 4.3.1 disk full")}, submission({"a@x.test"}));
  CHECK(has(put_off.back().content, "Action: failed\r\nStatus: 4.4.7\r\n"));
  CHECK(has(put_off.back().content, "Diagnostic-Code: smtp; 452 4.3.1 disk full\r\n"));
}

TEST_CASE("recipients_that_fail_together_are_told_together") {
  const auto notices = told({for_ever("550 5.1.1 no")}, submission({"a@x.test", "b@x.test"}));
  REQUIRE(notices.size() == 1);
  CHECK(has(notices[0].content, "Final-Recipient: rfc822; a@x.test"));
  CHECK(has(notices[0].content, "Final-Recipient: rfc822; b@x.test"));
}

TEST_CASE("no_notification_about_a_message_without_a_sender") {
  CHECK(told({for_ever("550 5.1.1 no")}, submission({"a@x.test"}, "")).empty());
}

TEST_CASE("notification_that_fails_ends_there") {
  World world{{for_ever("550 5.1.1 no")}}; // the notification is refused as well
  world.send(submission({"a@x.test"}));
  CHECK(world.clock->run(far));
  CHECK(world.deliverer.all.size() == 2);
  CHECK(world.runner().idle());
}

TEST_CASE("notify_is_honoured_for_each_recipient") {
  Submission given = submission({"never@x.test", "delay@x.test", "failure@x.test"});
  given.recipients[0].notify = notify_never;
  given.recipients[1].notify = notify_delay;
  given.recipients[2].notify = notify_failure;
  const auto notices = told({for_ever("connect-refused")}, given);
  REQUIRE(notices.size() == 2);
  CHECK(has(notices[0].content, "Action: delayed"));
  CHECK(has(notices[0].content, "rfc822; delay@x.test"));
  CHECK_FALSE(has(notices[0].content, "rfc822; failure@x.test"));
  CHECK(has(notices[1].content, "Action: failed"));
  CHECK(has(notices[1].content, "rfc822; failure@x.test"));
  CHECK_FALSE(has(notices[1].content, "never@x.test"));
}

TEST_CASE("success_is_told_where_it_was_asked_for") {
  Submission given = submission({"a@x.test", "b@x.test"});
  given.recipients[0].notify = notify_success;
  given.envelope_id = "ID+2B1";
  const auto notices = told({}, given);
  REQUIRE(notices.size() == 1);
  CHECK(has(notices[0].content, "Action: relayed\r\nStatus: 2.0.0\r\n"));
  CHECK(has(notices[0].content, "Original-Envelope-Id: ID+1\r\n"));
  CHECK_FALSE(has(notices[0].content, "b@x.test"));
}

TEST_CASE("several_delay_notices_come_at_their_ages") {
  const auto notices = told({for_ever("450 4.2.0 busy")}, submission({"a@x.test"}),
                            "notify: {delayed: [2h, 1d, 3d]}");
  REQUIRE(notices.size() == 4);
  CHECK(notices[1].at - start >= 24h);
  CHECK(notices[2].at - start >= 72h);
  CHECK(has(notices[3].content, "Action: failed"));
}

TEST_CASE("delivered_in_time_nobody_is_told") {
  CHECK(told({lasting("450 4.2.0 busy", 2h)}, submission({"a@x.test"})).empty());
}

TEST_CASE("what_needed_tls_is_told_of_without_its_text") {
  Submission given = submission({"a@x.test"});
  given.content =
      std::make_shared<const std::string>("Subject: secret plans\r\n\r\nThe plans.\r\n");
  given.dsn_return = DsnReturn::full;
  given.requiretls = true;
  const auto notices = told({for_ever("550 5.1.1 no")}, given);
  REQUIRE(notices.size() == 1);
  CHECK(has(notices[0].content, "Content-Type: text/rfc822-headers"));
  CHECK_FALSE(has(notices[0].content, "The plans."));
}
