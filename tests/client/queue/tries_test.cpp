// A try's way through the queue, and what a crash at each point leaves.
#include "fixture.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;
using namespace std::chrono_literals;

TEST_CASE("begun_recipient_is_not_due_again") {
  Queue queue{{}};
  const MessageId id = queue.accept(submission({"a@x.test", "b@x.test"}), start);
  const RecipientId first = first_recipient(queue, id).id;
  queue.begin({&first, 1});
  const auto due = queue.due_recipients(id, start);
  REQUIRE(due.size() == 1);
  CHECK(due[0].recipient.address == "b@x.test");
}

TEST_CASE("failed_try_is_kept_and_the_next_one_is_due_then") {
  Queue queue{{}};
  const MessageId id = queue.accept(submission({"a@x.test"}), start);
  const RecipientId recipient = first_recipient(queue, id).id;
  queue.begin({&recipient, 1});
  RetryState retry;
  retry.tries = 1;
  retry.rule_tries = {{"queue-stopped", 1}, {"odd = name", 7}};
  queue.settle(failed_try(recipient, start + 1s), RecipientState::waiting, retry, start + 1h,
               start + 4h);
  CHECK(queue.due(start + 59min, 10).empty());
  CHECK(queue.next_due() == start + 1h);
  const auto due = queue.due_recipients(id, start + 1h);
  REQUIRE(due.size() == 1);
  CHECK(due[0].retry.tries == 1);
  CHECK(due[0].retry.rule_tries == retry.rule_tries);
  REQUIRE(due[0].last);
  CHECK(due[0].last->status == Status{4, 3, 2});
  CHECK(due[0].last->text == "4.3.2 stopped");
  CHECK(due[0].last->stage == Stage::mail);
  CHECK(due[0].last->replied);
  CHECK(due[0].last_ended == start + 1s);
  CHECK_FALSE(queue.finish_if_settled(id, start + 2s));
  REQUIRE(queue.tries(recipient).size() == 1);
  CHECK(queue.tries(recipient)[0].rule == "queue-stopped");
  CHECK(queue.due_notices(start + 3h).empty());
  CHECK(queue.due_notices(start + 4h).size() == 1);
  queue.notice_sent(recipient, std::nullopt);
  CHECK(queue.due_notices(start + 5h).empty());
  CHECK(first_recipient(queue, id).notices == 1);
}

TEST_CASE("message_is_finished_when_all_are_settled_and_its_content_goes") {
  Queue queue{{}};
  const MessageId id = queue.accept(submission({"a@x.test", "b@x.test"}), start);
  const auto recipients = queue.recipients(id);
  queue.settle(delivered_try(recipients[0].id, start), RecipientState::delivered, {}, start,
               std::nullopt);
  CHECK_FALSE(queue.finish_if_settled(id, start));
  queue.settle(failed_try(recipients[1].id, start), RecipientState::failed, {}, start,
               std::nullopt);
  CHECK(queue.finish_if_settled(id, start + 1s));
  CHECK_FALSE(queue.finish_if_settled(id, start + 2s)); // once
  CHECK(queue.content(id) == nullptr);
  CHECK(queue.message(id)->finished == start + 1s);
  CHECK_FALSE(queue.next_due());
  queue.purge(start + 1s);
  CHECK(queue.message(id));
  queue.purge(start + 2s);
  CHECK_FALSE(queue.message(id));
  CHECK(queue.tries(recipients[0].id).empty());
}

TEST_CASE("crash_before_the_commit_point_leaves_a_plain_wait_after_it_a_doubt") {
  Queue queue{{}};
  const MessageId id =
      queue.accept(submission({"before@x.test", "after@x.test", "idle@x.test"}), start);
  const auto recipients = queue.recipients(id);
  const std::vector<RecipientId> begun{recipients[0].id, recipients[1].id};
  queue.begin(begun);
  queue.commit_point({&begun[1], 1});
  // ... and here the process ends; the next one:
  const auto in_doubt = queue.recover();
  REQUIRE(in_doubt.size() == 1);
  CHECK(in_doubt[0].recipient.address == "after@x.test");
  CHECK(queue.due_recipients(id, start).size() == 2);
  CHECK(queue.counters().at("tries_cut_off") == 1);
  TryRecord record = failed_try(in_doubt[0].id, start);
  record.result.in_doubt = true;
  queue.settle(record, RecipientState::waiting, {}, start + 1h, std::nullopt);
  CHECK(queue.recover().empty());
  CHECK(queue.recipients(id)[1].in_doubt == 1);
}

TEST_CASE("counts_by_status_and_host_add_up") {
  Queue queue{{}};
  const MessageId id = queue.accept(submission({"a@x.test"}), start);
  const RecipientId recipient = first_recipient(queue, id).id;
  for (int i = 0; i < 3; ++i) {
    queue.settle(failed_try(recipient, start), RecipientState::waiting, {}, start, std::nullopt);
  }
  queue.settle(delivered_try(recipient, start), RecipientState::delivered, {}, start, std::nullopt);
  const auto counts = queue.try_counts();
  REQUIRE(counts.size() == 2);
  CHECK(counts[0].status == "2.0.0");
  CHECK(counts[0].count == 1);
  CHECK(counts[1].status == "4.3.2");
  CHECK(counts[1].failure == "reply-4yz");
  CHECK(counts[1].host == "mail.test");
  CHECK(counts[1].count == 3);
  queue.count_connection("192.0.2.1:25", "mail.test", true);
  queue.count_connection("192.0.2.1:25", "mail.test", false);
  queue.keep_host({"192.0.2.1:25", {}, 0, 0, 3, 1, start + 30min});
  const auto hosts = queue.hosts();
  REQUIRE(hosts.size() == 1);
  CHECK(hosts[0].connections == 2);
  CHECK(hosts[0].failed == 1);
  CHECK(hosts[0].failures_in_row == 3);
  CHECK(hosts[0].off_until == start + 30min);
}
