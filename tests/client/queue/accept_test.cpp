// Taking mail, and what is due.
#include "fixture.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;
using namespace std::chrono_literals;

TEST_CASE("accepted_message_comes_back_as_it_was") {
  Queue queue{{}};
  Submission given = submission({"a@x.test", "b@y.test"});
  given.recipients[1].notify = notify_failure | notify_delay;
  given.recipients[1].original_recipient = "rfc822;B@y.test";
  given.envelope_id = "QQ+3D1";
  given.dsn_return = DsnReturn::headers;
  given.smtputf8 = true;
  given.requiretls = true;
  std::string content(300'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i)
    content[i] = static_cast<char>(i * 7);
  given.content = std::make_shared<const std::string>(content);
  const MessageId id = queue.accept(given, start);
  const auto message = queue.message(id);
  REQUIRE(message);
  CHECK(message->sender == "from@sender.test");
  CHECK(message->envelope_id == "QQ+3D1");
  CHECK(message->dsn_return == DsnReturn::headers);
  CHECK(message->smtputf8);
  CHECK(message->requiretls);
  CHECK_FALSE(message->notification);
  CHECK(message->size_bytes == content.size());
  CHECK(message->accepted == start);
  CHECK_FALSE(message->finished);
  CHECK(*queue.content(id) == content);
  const auto recipients = queue.recipients(id);
  REQUIRE(recipients.size() == 2);
  CHECK(recipients[1].recipient.address == "b@y.test");
  CHECK(recipients[1].recipient.notify == (notify_failure | notify_delay));
  CHECK(recipients[1].recipient.original_recipient == "rfc822;B@y.test");
  CHECK(recipients[1].state == RecipientState::waiting);
  CHECK(recipients[1].retry.accepted == start);
  CHECK_FALSE(recipients[1].last);
}

TEST_CASE("due_messages_come_in_the_order_of_their_next_try") {
  Queue queue{{}};
  const MessageId later = queue.accept(submission({"a@x.test"}), start + 2h);
  const MessageId sooner = queue.accept(submission({"a@x.test", "b@x.test"}), start + 1h);
  CHECK(queue.due(start, 10).empty());
  CHECK(queue.next_due() == start + 1h);
  CHECK(queue.due(start + 1h, 10) == std::vector<MessageId>{sooner});
  CHECK(queue.due(start + 3h, 10) == std::vector<MessageId>{sooner, later});
  CHECK(queue.due(start + 3h, 1) == std::vector<MessageId>{sooner});
  CHECK(queue.due_recipients(sooner, start + 1h).size() == 2);
}

TEST_CASE("empty_queue_has_nothing_due") {
  Queue queue{{}};
  CHECK_FALSE(queue.next_due());
  CHECK_FALSE(queue.message(1));
  CHECK(queue.content(1) == nullptr);
  CHECK_FALSE(queue.oldest_waiting());
}

TEST_CASE("null_sender_is_kept_as_empty") {
  Queue queue{{}};
  const MessageId id = queue.accept(submission({"a@x.test"}, ""), start);
  CHECK(queue.message(id)->sender.empty());
}

TEST_CASE("together_is_all_or_nothing") {
  Queue queue{{}};
  CHECK_THROWS(queue.together([&] {
    queue.accept(submission({"a@x.test"}), start);
    throw std::runtime_error("stop");
  }));
  CHECK(queue.messages(true, 10).empty());
  CHECK(queue.counters().empty());
}
