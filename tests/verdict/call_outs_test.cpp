// Transactions from another sender than the message's: a question whether an address exists, or a try all the same.
#include "seen.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using test::Seen;
using namespace std::chrono_literals;

namespace {

/// A transaction from another sender that gets as far as this, and after it the delivery, from this sender.
template <typename Ask>
std::string asked(Ask ask, const std::string& from) {
  Conversation talk;
  talk.handover();
  ask(talk.session(1, 0s).ehlo());
  talk.session(2, 10min).ehlo().mail("250 Ok", from).rcpt().data().content().message().quit();
  return Seen(talk).story();
}

constexpr const char* verp = "bounce+b=rcpt.test@sender.test";
constexpr const char* own = "a@sender.test";
constexpr const char* prober = "postmaster@sender.test";

} // namespace

TEST_CASE("call_out_that_is_answered_and_left_is_no_try") {
  for (const auto* from : {own, verp}) {
    const auto reset = [](Conversation& talk) {
      talk.mail("250 Ok", prober).rcpt().exchange(Stage::rset, "RSET", "250 Ok").quit();
    };
    CHECK(asked(reset, from) == "accepted@message");
    CHECK(asked([](Conversation& talk) { talk.mail("250 Ok", prober).rcpt().quit(); }, from) ==
          "accepted@message");
    const auto drops = [](Conversation& talk) {
      talk.mail("250 Ok", prober).rcpt().end(EndedBy::client_closed, Stage::rcpt);
    };
    CHECK(asked(drops, from) == "accepted@message");
  }
}

TEST_CASE("call_out_or_try_depends_on_the_sender_where_something_was_refused_or_lost") {
  const auto refused = [](Conversation& talk) {
    talk.mail("250 Ok", prober).rcpt("452 Full").quit();
  };
  const auto refused_at_mail = [](Conversation& talk) { talk.mail("452 Full", prober).quit(); };
  const auto lost = [](Conversation& talk) {
    talk.mail("250 Ok", prober).rcpt().end(EndedBy::server, Stage::rcpt);
  };
  const auto unanswered = [](Conversation& talk) {
    talk.mail("250 Ok", prober).rcpt("").end(EndedBy::client_closed, Stage::rcpt);
  };
  // Who uses the message's own sender for messages uses another one for questions.
  for (const auto& ask :
       {asked(refused, own), asked(refused_at_mail, own), asked(lost, own), asked(unanswered, own)})
    CHECK(ask == "accepted@message");
  // Who never does has tried.
  CHECK(asked(refused, verp) == "transient@rcpt accepted@message");
  CHECK(asked(refused_at_mail, verp) == "transient@mail accepted@message");
  CHECK(asked(lost, verp) == "trouble@rcpt accepted@message");
  CHECK(asked(unanswered, verp) == "trouble@rcpt accepted@message");
}

TEST_CASE("call_out_that_goes_on_to_data_is_a_try") {
  const auto data = [](Conversation& talk) {
    talk.mail("250 Ok", prober).rcpt().data("451 Later").quit();
  };
  CHECK(asked(data, own) == "transient@data accepted@message");
  const auto single_chunk = [](Conversation& talk) {
    talk.mail("250 Ok", prober)
        .rcpt()
        .content()
        .exchange(Stage::message, "BDAT 9 LAST", "451 Later")
        .quit();
  };
  for (const auto* from : {own, verp})
    CHECK(asked(single_chunk, from) == "transient@message accepted@message");
}

TEST_CASE("call_out_about_somebody_whom_nobody_named_is_no_stranger") {
  const auto unexpected_transactions = [](const char* from, bool goes_on) {
    Conversation talk;
    talk.handover().session(1, 0s).ehlo().deliver();
    talk.session(2, 1min).ehlo().mail("250 Ok", from).rcpt("250 Ok", "x@rcpt.test");
    if (goes_on) talk.data().content("other").message();
    return Seen(talk.quit()).observed.unexpected_transactions.size();
  };
  CHECK(unexpected_transactions(prober, false) == 0);
  CHECK(unexpected_transactions(prober, true) == 1);
  CHECK(unexpected_transactions(own, false) == 1);
}
