// Which of several messages a try is for that does not say so.
#include "support/catch.hpp"
#include "verdict/waiting.hpp"

#include <algorithm>
#include <deque>

using namespace tempfail;
using namespace tempfail::verdict;
using namespace std::chrono_literals;

namespace {

class Messages {
 public:
  /// A message from a sender to recipients.
  Messages& add(std::string sender, const std::vector<std::string>& recipients,
                bool offered = false) {
    journal::event::Handover& handover = handovers_.emplace_back();
    handover.offered = offered;
    Message message;
    message.handover = &handover;
    message.sender = std::move(sender);
    for (const std::string& recipient : recipients)
      message.deliveries.push_back({recipient, {}, false});
    list.push_back(std::move(message));
    return *this;
  }
  /// The message is tried, for all its recipients.
  void attempt(WaitingMessages& waiting, std::size_t index, Moment end,
               TryResult result = TryResult::transient) {
    Try attempt;
    attempt.begin = end - 1s;
    attempt.end = end;
    attempt.result = result;
    for (Delivery& delivery : list[index].deliveries)
      delivery.add(attempt);
    waiting.was_tried(list[index]);
  }
  /// Its place in the list; -1: none.
  int index(const Message* message) const {
    return message == nullptr ? -1 : static_cast<int>(message - list.data());
  }

  std::vector<Message> list;

 private:
  std::deque<journal::event::Handover> handovers_;
};

} // namespace

TEST_CASE("waiting: the sender's own first, then who has been waiting longest") {
  Messages messages;
  messages.add("a@x", {"r@x"}).add("b@x", {"r@x"}).add("b@x", {"r@x", "s@x"});
  WaitingMessages waiting(messages.list);
  CHECK(messages.index(waiting.for_recipient("c@x", "r@x")) == 0);
  CHECK(messages.index(waiting.for_recipient("b@x", "r@x")) == 1);
  CHECK(messages.index(waiting.for_recipient("b@x", "s@x")) == 2);
  CHECK(messages.index(waiting.for_recipient("a@x", "nobody@x")) == -1);
  messages.attempt(waiting, 1, Moment(10s));
  CHECK(messages.index(waiting.for_recipient("b@x", "r@x")) == 2);
  messages.attempt(waiting, 2, Moment(20s));
  CHECK(messages.index(waiting.for_recipient("b@x", "r@x")) == 1);
  messages.attempt(waiting, 0, Moment(30s));
  CHECK(messages.index(waiting.for_recipient("c@x", "r@x")) == 1);
}

TEST_CASE("waiting: what is finished comes last, and not for a connection that failed") {
  Messages messages;
  messages.add("a@x", {"r@x"}).add("a@x", {"r@x"});
  WaitingMessages waiting(messages.list);
  messages.attempt(waiting, 0, Moment(10s), TryResult::accepted);
  messages.attempt(waiting, 1, Moment(20s));
  CHECK(messages.index(waiting.for_recipient("a@x", "r@x")) == 1);
  CHECK(messages.index(waiting.for_connection()) == 1);
  messages.attempt(waiting, 1, Moment(30s), TryResult::permanent);
  CHECK(messages.index(waiting.for_connection()) == -1);
  CHECK(messages.index(waiting.for_recipient("a@x", "r@x")) == 0);
}

TEST_CASE("waiting: without a recipient it is the sender's, or anybody's") {
  Messages messages;
  messages.add("a@x", {"r@x"}).add("b@x", {"r@x"});
  WaitingMessages waiting(messages.list);
  CHECK(messages.index(waiting.of_sender("b@x")) == 1);
  CHECK(messages.index(waiting.of_sender("c@x")) == -1);
  CHECK(messages.index(waiting.of_any()) == 0);
  messages.attempt(waiting, 0, Moment(10s));
  CHECK(messages.index(waiting.of_any()) == 1);
}

TEST_CASE("waiting: a connection shows nothing of an offer, until a transaction has") {
  Messages messages;
  messages.add("a@x", {"r@x"}).add("a@x", {"s@x"}, true);
  WaitingMessages waiting(messages.list);
  messages.attempt(waiting, 0, Moment(10s));
  CHECK(messages.index(waiting.for_connection()) == 0);
  messages.attempt(waiting, 1, Moment(5s));
  CHECK(messages.index(waiting.for_connection()) == 1);
}

TEST_CASE("waiting: a try that ends before the one before it brings its message forward again") {
  Messages messages;
  messages.add("a@x", {"r@x"}).add("a@x", {"r@x"});
  WaitingMessages waiting(messages.list);
  messages.attempt(waiting, 0, Moment(60s));
  messages.attempt(waiting, 1, Moment(50s));
  CHECK(messages.index(waiting.for_recipient("a@x", "r@x")) == 1);
  messages.attempt(waiting, 0, Moment(40s)); // on another connection
  CHECK(messages.index(waiting.for_recipient("a@x", "r@x")) == 0);
}

TEST_CASE("waiting: who is in other hands is passed over where another one can be meant") {
  Messages messages;
  messages.add("a@x", {"r@x"}).add("a@x", {"r@x"}).add("a@x", {"r@x"});
  std::vector<int> elsewhere;
  WaitingMessages waiting(messages.list, [&](const Message& message) {
    return std::count(elsewhere.begin(), elsewhere.end(), messages.index(&message)) != 0;
  });
  elsewhere = {0};
  CHECK(messages.index(waiting.for_recipient("a@x", "r@x")) == 1);
  CHECK(messages.index(waiting.of_sender("a@x")) == 1);
  elsewhere = {0, 1};
  CHECK(messages.index(waiting.for_recipient("a@x", "r@x")) == 2);
  elsewhere = {0, 1, 2};
  CHECK(messages.index(waiting.for_recipient("a@x", "r@x")) == 0);
  elsewhere = {};
  CHECK(messages.index(waiting.for_recipient("a@x", "r@x")) == 0);
  // What has come to its end is not meant in place of what has not.
  messages.attempt(waiting, 1, Moment(10s), TryResult::accepted);
  messages.attempt(waiting, 2, Moment(11s), TryResult::accepted);
  elsewhere = {0};
  CHECK(messages.index(waiting.for_recipient("a@x", "r@x")) == 0);
}
