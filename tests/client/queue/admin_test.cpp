// Looking into the queue and changing it by hand.
#include "fixture.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;
using namespace std::chrono_literals;

TEST_CASE("retry_now_makes_the_waiting_and_the_held_due") {
  Queue queue{{}};
  const MessageId id =
      queue.accept(submission({"waits@x.test", "held@x.test", "busy@x.test"}), start);
  const auto recipients = queue.recipients(id);
  queue.settle(failed_try(recipients[0].id, start), RecipientState::waiting, {}, start + 9h,
               std::nullopt);
  queue.settle(failed_try(recipients[1].id, start), RecipientState::held, {}, start + 9h,
               std::nullopt);
  queue.begin({&recipients[2].id, 1});
  CHECK(queue.due_recipients(id, start + 10h).size() ==
        1); // what is held does not come due by itself
  CHECK(queue.retry_now(id, start + 1h) == 2);
  CHECK(queue.due_recipients(id, start + 1h).size() == 2);
}

TEST_CASE("remove_takes_out_all_but_what_is_under_way") {
  Queue queue{{}};
  const MessageId id = queue.accept(submission({"waits@x.test", "busy@x.test"}), start);
  const auto recipients = queue.recipients(id);
  queue.begin({&recipients[1].id, 1});
  CHECK(queue.remove(id, start) == 1);
  CHECK_FALSE(queue.message(id)->finished);
  queue.settle(delivered_try(recipients[1].id, start), RecipientState::delivered, {}, start,
               std::nullopt);
  CHECK(queue.finish_if_settled(id, start));
  CHECK(queue.remove(id, start) == 0);
}

TEST_CASE("remove_finishes_a_message_that_only_waited") {
  Queue queue{{}};
  const MessageId id = queue.accept(submission({"a@x.test"}), start);
  CHECK(queue.remove(id, start + 1h) == 1);
  CHECK(queue.message(id)->finished == start + 1h);
  CHECK(queue.messages(false, 10).empty());
  CHECK(queue.messages(true, 10).size() == 1);
  CHECK_FALSE(queue.next_due());
}

TEST_CASE("overview_counts_what_is_there") {
  Queue queue{{}};
  const MessageId first = queue.accept(submission({"a@x.test", "b@x.test"}), start);
  queue.accept(submission({"c@x.test"}), start + 1h);
  RetryState retry;
  retry.tries = 2;
  const auto recipients = queue.recipients(first);
  queue.settle(failed_try(recipients[0].id, start), RecipientState::waiting, retry, start + 5h,
               std::nullopt);
  CHECK(queue.states() == std::map<RecipientState, std::uint64_t>{{RecipientState::waiting, 3}});
  CHECK(queue.oldest_waiting() == start);
  CHECK(queue.schedule(10) == std::vector<Moment>{start, start + 1h, start + 5h});
  CHECK(queue.retry_counts() == std::map<unsigned, std::uint64_t>{{0, 2}, {2, 1}});
  CHECK(queue.counters().at("messages_accepted") == 2);
}
