// Of several messages, which one a notification is about.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::RecipientReport;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

/// Messages of one sender; each is handed over, and refused for good or accepted.
class Messages {
 public:
  Messages& refused(const std::string& to = "b@rcpt.test",
                    std::string_view reply = "550 5.1.1 No such user") {
    open(to)
        .rcpt("250 Ok", to)
        .data()
        .content(name_)
        .exchange(scenario::Stage::message, ".", reply);
    talk_.quit();
    return *this;
  }
  Messages& accepted(const std::string& to = "b@rcpt.test") {
    open(to).rcpt("250 Ok", to).data().content(name_).message().quit();
    return *this;
  }
  /// A notification to the sender of them all.
  Messages& notified(const char* recipient, const char* status = "5.1.1") {
    return notified({{recipient, "failed", status}}, "");
  }
  /// One for people, which names nobody.
  Messages& notified_in_words(const std::string& from = "") { return notified({}, from); }
  Finding found(std::string_view rule) {
    journal::event::Run run;
    run.notifications_come = true;
    Conversation whole = talk_;
    whole.run(run).sender_ended(0, true);
    return test::finding(judge(test::expecting({}), whole.journal()), rule);
  }
  Outcome outcome(std::string_view rule) { return found(rule).outcome; }

 private:
  Messages& notified(std::vector<RecipientReport> reports, const std::string& from) {
    next().mail("250 Ok", from).rcpt("250 Ok", "a@sender.test").data();
    talk_.content("", {}, std::move(reports)).message().quit();
    return *this;
  }
  Conversation& next() {
    ++session_;
    return talk_.session(session_, std::chrono::seconds(session_)).ehlo();
  }
  Conversation& open(const std::string& to) {
    name_ = "m" + std::to_string(++count_) + "@sender.test";
    talk_.handover(std::to_string(count_), {to}, "a@sender.test", {}, name_);
    return next().mail();
  }

  Conversation talk_;
  std::string name_;
  std::uint64_t session_ = 0;
  int count_ = 0;
};

} // namespace

TEST_CASE("notifications_of_two_messages_of_one_sender_are_one_for_each") {
  CHECK(Messages()
            .refused()
            .refused()
            .notified("b@rcpt.test")
            .notified("b@rcpt.test")
            .outcome("notified") == Outcome::pass);
  CHECK(Messages()
            .refused()
            .refused("c@rcpt.test")
            .notified("c@rcpt.test")
            .notified("b@rcpt.test")
            .outcome("notified") == Outcome::pass);
  CHECK(Messages()
            .refused()
            .refused("c@rcpt.test")
            .notified_in_words()
            .notified_in_words()
            .outcome("notified") == Outcome::pass);
  const Finding too_many = Messages()
                               .refused()
                               .refused("c@rcpt.test")
                               .notified("c@rcpt.test")
                               .notified("b@rcpt.test")
                               .notified("b@rcpt.test")
                               .found("notified");
  CHECK(too_many.outcome == Outcome::fail);
  CHECK(too_many.actual.ends_with(", but one for each recipient is enough"));
}

TEST_CASE("notification_of_one_message_does_not_stand_for_another") {
  // Of the first nothing was said: its refusal is shown.
  const Finding first =
      Messages().refused().refused("c@rcpt.test").notified("c@rcpt.test").found("notified");
  REQUIRE(first.evidence.size() == 1);
  CHECK(first.evidence[0].session == 1);
  const Finding second =
      Messages().refused().refused("c@rcpt.test").notified("b@rcpt.test").found("notified");
  REQUIRE(second.evidence.size() == 1);
  CHECK(second.evidence[0].session == 2);
  CHECK(Messages().refused().refused().notified("b@rcpt.test").outcome("notified") ==
        Outcome::fail);
  CHECK(Messages().refused().refused("c@rcpt.test").notified("c@rcpt.test").outcome("notified") ==
        Outcome::fail);
  // What was accepted needs none, and takes none away.
  CHECK(Messages().accepted().refused().notified("b@rcpt.test").outcome("notified") ==
        Outcome::pass);
  CHECK(Messages().refused().accepted().notified("b@rcpt.test").outcome("notified") ==
        Outcome::pass);
  CHECK(Messages().refused().accepted("c@rcpt.test").notified_in_words().outcome("notified") ==
        Outcome::pass);
}

TEST_CASE("notification_that_names_a_recipient_in_other_words_is_of_the_sender_s_message") {
  CHECK(Messages().refused().notified("alias@rcpt.test").outcome("notified") == Outcome::pass);
  CHECK(Messages().refused().notified("B@RCPT.test").outcome("notified") == Outcome::pass);
}

TEST_CASE("notification_from_an_address_is_a_fault_whichever_message_it_is_of") {
  const Finding found =
      Messages().refused().refused().notified_in_words("daemon@sender.test").found("notified");
  CHECK(found.outcome == Outcome::fail);
  CHECK_THAT(found.actual, Catch::Contains("instead of <>"));
}

TEST_CASE("true_notification_is_compared_with_the_message_that_it_may_be_about") {
  // In any order, each is true of one of them.
  CHECK(Messages()
            .refused("b@rcpt.test", "550 5.1.1 No")
            .refused("b@rcpt.test", "550 5.7.1 No")
            .notified("b@rcpt.test", "5.7.1")
            .notified("b@rcpt.test", "5.1.1")
            .outcome("true-notification") == Outcome::pass);
  CHECK(Messages()
            .refused("b@rcpt.test", "550 5.1.1 No")
            .refused("b@rcpt.test", "550 5.7.1 No")
            .notified("b@rcpt.test", "5.2.1")
            .outcome("true-notification") == Outcome::fail);
  // Another message to the same recipient was accepted: this one was not.
  CHECK(Messages().refused().accepted().notified("b@rcpt.test").outcome("true-notification") ==
        Outcome::pass);
  CHECK(Messages().accepted().refused().notified("b@rcpt.test").outcome("true-notification") ==
        Outcome::pass);
  CHECK(Messages().accepted().accepted().notified("b@rcpt.test").outcome("true-notification") ==
        Outcome::fail);
}

TEST_CASE("true_notification_of_one_of_many_is_found_though_only_some_are_looked_at") {
  // The status tells them apart: each is true of one message only.
  std::vector<std::string> replies;
  for (int i = 0; i < 100; ++i)
    replies.push_back("550 5.1." + std::to_string(100 + i) + " No");
  Messages right;
  for (const std::string& reply : replies)
    right.refused("b@rcpt.test", reply);
  Messages backwards = right;
  std::vector<std::string> statuses;
  for (const std::string& reply : replies)
    statuses.push_back(reply.substr(4, 7));
  for (const std::string& status : statuses)
    right.notified("b@rcpt.test", status.c_str());
  CHECK(right.outcome("true-notification") == Outcome::pass);
  // Of so many it can't be said that one is true of none; but success can never be.
  Messages lying = backwards;
  backwards.notified("b@rcpt.test", statuses.back().c_str());
  CHECK(backwards.outcome("true-notification") == Outcome::pass);
  lying.notified("b@rcpt.test", "2.1.5");
  CHECK(lying.outcome("true-notification") == Outcome::fail);
}

TEST_CASE(
    "notifications_of_a_sender_that_nobody_started_are_asked_for_only_where_they_are_expected") {
  // Two messages of two senders; one of them is told, so that notifications do reach this server.
  Conversation talk;
  talk.session(1, 0s).ehlo().mail("250 Ok", "x@sender.test").rcpt("550 No", "x@rcpt.test").quit();
  talk.session(2, 1s).ehlo().mail().rcpt("550 No").quit();
  talk.session(3, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "x@sender.test").data();
  talk.content("", {}, {{"x@rcpt.test", "failed", "5.1.1"}}).message().quit();
  const auto outcome = [&talk](std::vector<scenario::Expectation> expectations) {
    return test::finding(judge(test::expecting(std::move(expectations)), talk.journal()),
                         "notified")
        .outcome;
  };
  CHECK(outcome({}) != Outcome::fail);
  CHECK(outcome({test::must("notified", std::string("failed"))}) == Outcome::fail);
}

TEST_CASE("true_notification_may_tell_of_a_success") {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().deliver();
  talk.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
  talk.content("", {}, {{"b@rcpt.test", "relayed", "2.1.5"}}).message().quit();
  CHECK(test::finding(judge(test::expecting({}), talk.journal()), "true-notification").outcome ==
        Outcome::pass);
}

TEST_CASE("true_notification_of_a_delay_may_have_been_put_off_itself") {
  const auto outcome = [](bool put_off, bool port_failed) {
    Conversation talk;
    talk.handover().session(1, 0s).ehlo().mail("451 Later").quit();
    if (port_failed)
      talk.session(2, 4h, "421 Busy")
          .end(journal::event::EndedBy::server, scenario::Stage::greeting);
    if (put_off) talk.session(3, 4h + 1min).ehlo().mail("451 Later", "").quit();
    talk.session(4, 5h).ehlo().deliver();
    talk.session(5, 9h).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
    talk.content("", {}, {{"b@rcpt.test", "delayed", "4.3.2"}}).message().quit();
    return test::finding(judge(test::expecting({}), talk.journal()), "true-notification").outcome;
  };
  CHECK(outcome(false, false) == Outcome::fail);
  CHECK(outcome(true, false) == Outcome::pass);
  CHECK(outcome(false, true) == Outcome::pass);
}

TEST_CASE("failed_is_final_connections_alone_show_a_try_where_there_is_one_message") {
  const auto outcome = [](bool two) {
    Conversation talk;
    talk.handover("1");
    if (two) talk.handover("2", {"c@rcpt.test"}, "c@sender.test");
    talk.session(1, 0s).ehlo().mail("451 Later").quit();
    talk.session(2, 1h).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
    talk.content("", {}, {{"b@rcpt.test", "failed", "4.4.7"}}).message().quit();
    talk.session(3, 2h, "421 Busy").end(journal::event::EndedBy::server, scenario::Stage::greeting);
    talk.session(4, 3h, "421 Busy").end(journal::event::EndedBy::server, scenario::Stage::greeting);
    return test::finding(judge(test::expecting({}), talk.journal()), "failed-is-final").outcome;
  };
  CHECK(outcome(false) == Outcome::fail);
  CHECK(outcome(true) == Outcome::pass);
}
