// What a sender was asked for with a message, and what it was expected to be told of it: rights and wrongs that the
// journals of the rules do not show.
#include "notifying.hpp"
#include "verdict/esmtp_requests.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::verdict::test;
using journal::event::RecipientReport;
using scenario::ExpectedNotification;
using namespace std::chrono_literals;

TEST_CASE("requests_are_read_whatever_their_spelling") {
  const EsmtpRequests requests =
      read_esmtp_requests("SIZE=10 notify=FAILURE,delay,failure ret=full "
                          "ENVID=a+2Bb ORCPT=RFC822;B+40c REQUIRETLS");
  CHECK(requests.notify == "DELAY,FAILURE");
  CHECK(requests.ret == "FULL");
  CHECK(requests.envid == "a+b");
  CHECK(requests.orcpt == "rfc822;B@c");
  CHECK(requests.requiretls);
  CHECK(requests.header_only());
  CHECK_FALSE(read_esmtp_requests("RET=FULL").header_only());
  CHECK(read_esmtp_requests("RET=HDRS").header_only());
  CHECK_FALSE(read_esmtp_requests("").notify);
  CHECK(comparable_orcpt("rfc822 ;  B@c ") == "rfc822;B@c");
  CHECK(decode_xtext("a+2") == "a+2");
  CHECK(decode_xtext("a+2b") == "a+2b"); // digits are upper case
  CHECK(decode_xtext("+2B") == "+");
}

TEST_CASE("requests_say_which_notifications_are_wanted") {
  CHECK(EsmtpRequests().allow("failed"));
  CHECK_FALSE(read_esmtp_requests("NOTIFY=NEVER").allow("failed"));
  CHECK_FALSE(read_esmtp_requests("NOTIFY=NEVER").allow("relayed"));
  CHECK(read_esmtp_requests("NOTIFY=FAILURE").allow("Failed"));
  CHECK_FALSE(read_esmtp_requests("NOTIFY=FAILURE").allow("delayed"));
  CHECK(read_esmtp_requests("NOTIFY=DELAY").allow("delayed"));
  CHECK(read_esmtp_requests("NOTIFY=SUCCESS").allow("relayed"));
  CHECK_FALSE(read_esmtp_requests("NOTIFY=SUCCESS").allow("failed"));
}

TEST_CASE("requests_that_the_command_does_not_name_are_not_asked_of_it") {
  scenario::Scenario scenario = test::expecting({});
  scenario.test.requests.ret = "hdrs";
  const auto not_applicable = [&](std::string_view untold, std::string parameters,
                                  std::string_view without = {}) {
    journal::event::Run run;
    run.without = without;
    Conversation talk;
    talk.run(run).handover().ask_last("RET=HDRS", untold).sender_started();
    talk.session(1, 0s).ehlo(with_dsn).mail("250 Ok", "a@sender.test", parameters).rcpt().quit();
    return judge(scenario, talk.journal()).not_applicable;
  };
  CHECK_THAT(not_applicable("RET=HDRS", ""), Catch::Contains("did not get RET=HDRS"));
  CHECK(not_applicable("", "").empty());
  CHECK(not_applicable("RET=HDRS", " RET=HDRS").empty()); // it knows of it all the same
  CHECK_THAT(not_applicable("RET=HDRS", " ENVID=x"), Catch::Contains("did not get RET=HDRS"));
  CHECK_THAT(not_applicable("", "", "mx dsn"), Catch::Contains("--without dsn"));
  scenario.test.requests = {};
  CHECK(not_applicable("RET=HDRS", "").empty());
}

TEST_CASE("notified_with_a_status_of_the_list_or_one_that_says_less") {
  const ExpectedNotification wanted{"failed", {"4.4.1", "5.4.1"}, {}};
  const auto outcome = [&](const char* status) {
    Conversation talk = refused();
    return notified(notify(talk, 2, 1min, {failed(status)}), wanted).outcome;
  };
  for (const auto* right : {"4.4.1", "5.4.1", "4.0.0", "5.0.0", "4.4.0", "5.4.0"})
    CHECK(outcome(right) == Outcome::pass);
  for (const auto* wrong : {"4.4.2", "5.1.1", "5.1.0", "4.4.10", "2.4.1"})
    CHECK(outcome(wrong) == Outcome::fail);
  Conversation talk = refused();
  const Finding finding = notified(notify(talk, 2, 1min, {failed("5.1.1")}), wanted);
  CHECK_THAT(finding.actual,
             Catch::Contains("status 5.1.1 is neither one of 4.4.1, 5.4.1 nor a general one"));
  CHECK(finding.expected == "a notification with the action failed arrives, status 4.4.1, 5.4.1");
  // One that was not taken was not said.
  Conversation unheard = refused();
  unheard.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
  unheard.content("", {}, {failed("5.1.1")}).message("452 Full").quit();
  CHECK(notified(notify(unheard, 3, 2min, {failed("4.4.1")}), wanted).outcome == Outcome::pass);
  // A text for people has none.
  Conversation text = refused();
  CHECK(notified(notify(text, 2, 1min, {}), wanted).outcome == Outcome::pass);
  // What a delay is said to be is another matter.
  Conversation late = refused();
  RecipientReport delay = failed("4.3.2");
  delay.action = "delayed";
  notify(late, 2, 1min, {delay});
  CHECK(notified(notify(late, 3, 2min, {failed("5.4.1")}), wanted).outcome == Outcome::pass);
}

TEST_CASE("notified_with_fields") {
  const ExpectedNotification wanted{"failed", {}, {"Remote-MTA", "Diagnostic-Code"}};
  RecipientReport report = failed("5.0.0");
  Conversation none = refused();
  CHECK_THAT(notified(notify(none, 2, 1min, {report}), wanted).actual,
             Catch::Contains("has no Remote-MTA"));
  report.remote_mta = "dns; mx";
  Conversation one = refused();
  CHECK_THAT(notified(notify(one, 2, 1min, {report}), wanted).actual,
             Catch::Contains("has no Diagnostic-Code"));
  report.diagnostic = "smtp; 550 No such user";
  Conversation both = refused();
  CHECK(notified(notify(both, 2, 1min, {report}), wanted).outcome == Outcome::pass);
  Conversation text = refused();
  CHECK_THAT(notified(notify(text, 2, 1min, {}), wanted).actual,
             Catch::Contains("plain text, without Remote-MTA, Diagnostic-Code"));
  for (const auto& [field, member] :
       {std::pair("Original-Recipient", &RecipientReport::original_recipient),
        std::pair("Will-Retry-Until", &RecipientReport::will_retry_until)}) {
    RecipientReport other = failed("5.0.0");
    Conversation lacks = refused();
    CHECK(notified(notify(lacks, 2, 1min, {other}), ExpectedNotification{"failed", {}, {field}})
              .outcome == Outcome::fail);
    other.*member = "x";
    Conversation has = refused();
    CHECK(notified(notify(has, 2, 1min, {other}), ExpectedNotification{"failed", {}, {field}})
              .outcome == Outcome::pass);
  }
  const ExpectedNotification with_id{"failed", {}, {"Original-Envelope-Id"}};
  Conversation lacks = refused();
  CHECK(notified(notify(lacks, 2, 1min, {failed("5.0.0")}), with_id).outcome == Outcome::fail);
}

TEST_CASE("notified_one_for_all_or_one_for_each_is_right") {
  const std::vector<std::string> three = {"b@rcpt.test", "c@rcpt.test", "d@rcpt.test"};
  Conversation one = refused(three);
  notify(one, 2, 1min,
         {failed("5.0.0"), failed("5.0.0", "c@rcpt.test"), failed("5.0.0", "d@rcpt.test")});
  Conversation each = refused(three);
  std::uint64_t session = 2;
  for (const std::string& recipient : three)
    notify(each, session++, 1min * session, {failed("5.0.0", recipient.c_str())});
  for (const Conversation& talk : {one, each}) {
    CHECK(found(talk, "notified").outcome == Outcome::pass);
    CHECK(found(talk, "failed-is-final").outcome == Outcome::pass);
    CHECK(found(talk, "true-notification").outcome == Outcome::pass);
  }
  // One of them once more, in one that is about all.
  Conversation again = refused(three);
  notify(again, 2, 1min, {failed("5.0.0")});
  notify(again, 3, 2min, {failed("5.0.0"), failed("5.0.0", "c@rcpt.test")});
  CHECK(found(again, "failed-is-final").outcome == Outcome::fail);
}

TEST_CASE("notified_by_a_text_of_a_delay_and_one_of_the_failure") {
  Conversation put_off = refused({"b@rcpt.test"}, "451 Busy");
  notify(put_off, 2, 4h, {});
  CHECK(notified(notify(put_off, 3, 6h, {}), std::string("failed")).outcome == Outcome::pass);
  // Refused for good, nothing was delayed.
  Conversation refused_once = refused();
  notify(refused_once, 2, 4h, {});
  CHECK(notified(notify(refused_once, 3, 6h, {}), std::string("failed")).outcome == Outcome::fail);
}

TEST_CASE("notified_never_is_kept_by_silence_alone") {
  CHECK(notified(refused().sender_ended(0, true), std::string("never")).outcome ==
        Outcome::undecided);
  CHECK(notified(refused().sender_ended(1), std::string("never")).outcome == Outcome::pass);
  CHECK(notified(lasting(refused().sender_ended(0, true), 0h, 1h), std::string("never")).outcome ==
        Outcome::pass);
  for (const std::vector<RecipientReport>& reports :
       {std::vector<RecipientReport>{}, std::vector<RecipientReport>{failed("5.0.0")}}) {
    Conversation talk = refused();
    const Finding finding = notified(notify(talk, 2, 1min, reports), std::string("never"));
    CHECK(finding.outcome == Outcome::fail);
    CHECK(finding.actual == "1 notification arrived");
  }
  Conversation delay = refused();
  RecipientReport late = failed("4.0.0");
  late.action = "delayed";
  CHECK(notified(notify(delay, 2, 1min, {late}), std::string("never")).outcome == Outcome::fail);
}

TEST_CASE("notified_is_not_missed_where_notify_forbids_it") {
  Conversation talk;
  talk.handover().ask_last("NOTIFY=NEVER").sender_started();
  talk.session(1, 0s).ehlo(with_dsn).mail().rcpt("550 No such user").quit().sender_ended(0);
  CHECK(found(talk, "notified").outcome == Outcome::not_applicable);
  Conversation of_success;
  of_success.handover().ask_last("NOTIFY=SUCCESS").sender_started();
  of_success.session(1, 0s).ehlo(with_dsn).mail().rcpt("550 No such user").quit().sender_ended(0);
  CHECK(found(of_success, "notified").outcome == Outcome::not_applicable);
  Conversation of_failure;
  of_failure.handover().ask_last("NOTIFY=FAILURE").sender_started();
  of_failure.session(1, 0s).ehlo(with_dsn).mail().rcpt("550 No such user").quit().sender_ended(0);
  CHECK(found(of_failure, "notified").outcome == Outcome::fail);
}

TEST_CASE("notified_that_it_was_relayed") {
  Conversation talk;
  talk.handover().ask_last("NOTIFY=SUCCESS").sender_started();
  talk.session(1, 0s).ehlo().deliver();
  RecipientReport relayed = failed("2.0.0");
  relayed.action = "relayed";
  Conversation told = talk;
  CHECK(notified(notify(told, 2, 1min, {relayed}), std::string("relayed")).outcome ==
        Outcome::pass);
  journal::event::Run run;
  run.notifications_come = true;
  Conversation untold = talk;
  CHECK(notified(untold.run(run).sender_ended(0, true), std::string("relayed")).outcome ==
        Outcome::fail);
  // One that says that it queues claims what it does not do; a command without a queue has told its caller.
  run.role = "queueing";
  Conversation forgetful = talk;
  CHECK(notified(forgetful.run(run).sender_ended(0), std::string("relayed")).outcome ==
        Outcome::fail);
  run.role = {};
  Conversation caller = talk;
  CHECK(notified(caller.run(run).sender_ended(0), std::string("relayed")).outcome ==
        Outcome::not_applicable);
}

TEST_CASE("notified_by_a_queue_whose_command_failed_or_was_ended") {
  const auto outcome = [](int exit_code, journal::event::ProcessEnd ended) {
    journal::event::Run run;
    run.role = "queueing";
    return notified(refused().run(run).sender_ended(exit_code, false, ended), std::string("failed"))
        .outcome;
  };
  using journal::event::ProcessEnd;
  CHECK(outcome(0, ProcessEnd::itself) == Outcome::fail); // it claims that all is well
  CHECK(outcome(75, ProcessEnd::itself) == Outcome::undecided);
  CHECK(outcome(0, ProcessEnd::timeout) == Outcome::undecided);
}

TEST_CASE("notified_of_some_recipients_counts_those_alone") {
  Conversation talk = refused({"b@rcpt.test", "c@rcpt.test"});
  notify(talk, 2, 1min, {failed("5.0.0")});
  Conversation each = talk;
  notify(each, 3, 2min, {failed("5.0.0", "c@rcpt.test")});
  scenario::Expectation expected = test::must("notified", std::string("failed"));
  CHECK(found(each, "notified", {expected}).outcome == Outcome::pass); // one for each of two
  notify(talk, 3, 2min, {failed("5.0.0")});
  expected.recipient = "b@*";
  CHECK(found(talk, "notified", {expected}).outcome == Outcome::fail);
}

TEST_CASE("notified_of_a_give_up_is_waited_for_to_its_end") {
  const std::vector<scenario::Expectation> expected = {
      test::must("notified", std::string("failed")),
      test::should("gives-up", scenario::Range<Duration>{96h, std::nullopt})};
  const auto outcome = [&](Duration lifetime, Moment to) {
    return found(lasting(refused({"b@rcpt.test"}, "451 Busy"), lifetime, to), "notified", expected)
        .outcome;
  };
  CHECK(outcome(0h, 24h) == Outcome::not_applicable); // nobody knows how long it goes on
  CHECK(outcome(6h, 11h) == Outcome::undecided);
  CHECK(outcome(6h, 13h) == Outcome::fail);
  CHECK(outcome(120h, 142h + 30min) == Outcome::undecided);
  CHECK(outcome(120h, 144h) == Outcome::fail);
  Conversation told = refused({"b@rcpt.test"}, "451 Busy");
  notify(told, 2, 6h, {failed("4.4.7")});
  CHECK(found(lasting(told, 6h, 13h), "notified", expected).outcome == Outcome::pass);
}

TEST_CASE("gives_up_by_its_notification_where_no_try_is_seen") {
  const std::vector<scenario::Expectation> expected = {
      test::should("gives-up", scenario::Range<Duration>{96h, std::nullopt})};
  const auto finding = [&](Moment told, Duration lifetime) {
    Conversation talk;
    talk.handover().sender_started();
    return found(lasting(notify(talk, 1, told, {failed("4.4.1")}), lifetime, told + 10h),
                 "gives-up", expected);
  };
  CHECK(finding(6h, 6h).outcome == Outcome::pass);
  CHECK(finding(3h + 1min, 6h).outcome == Outcome::pass); // the next try would have come too late
  CHECK(finding(2h, 6h).outcome == Outcome::fail);
  CHECK_THAT(finding(2h, 6h).near_miss, Catch::Contains("too early"));
  CHECK(finding(13h, 6h).outcome == Outcome::fail);
  CHECK(finding(143h, 120h).outcome == Outcome::pass);
  CHECK(finding(145h, 120h).outcome == Outcome::fail);
  CHECK(finding(6h, 0h).outcome == Outcome::not_applicable);
  // Of texts for people only the last is the end.
  Conversation texts;
  texts.handover().sender_started();
  notify(texts, 1, 1h, {});
  CHECK(found(lasting(texts, 6h, 20h), "gives-up", expected).outcome == Outcome::fail);
  notify(texts, 2, 6h, {});
  CHECK(found(lasting(texts, 6h, 20h), "gives-up", expected).outcome == Outcome::pass);
  // A delay is no end.
  Conversation late;
  RecipientReport delay = failed("4.4.1");
  delay.action = "delayed";
  late.handover().sender_started();
  notify(late, 1, 1h, {delay});
  notify(late, 2, 6h, {failed("4.4.1")});
  CHECK(found(lasting(late, 6h, 20h), "gives-up", expected).outcome == Outcome::pass);
}

TEST_CASE("gives_up_later_where_a_look_up_waits_in_real_time") {
  const std::vector<scenario::Expectation> expected = {
      test::must("notified", std::string("failed")),
      test::should("gives-up", scenario::Range<Duration>{96h, std::nullopt})};
  const auto outcome = [&](bool answered, Moment told) {
    journal::event::Query query;
    query.name = "case.test";
    query.type = "MX";
    if (answered) query.answered = Moment(1);
    journal::event::Run run;
    run.queue_lifetime = 6h;
    run.notifications_come = true;
    run.time_scale = 600; // a minute lasts ten hours
    Conversation talk;
    talk.run(run).handover().sender_started().query(query);
    return found(notify(talk, 1, told, {failed("4.4.3")}).finish(told + 30h), "gives-up", expected)
        .outcome;
  };
  CHECK(outcome(true, 11h) == Outcome::pass);
  CHECK(outcome(true, 13h) == Outcome::fail);
  CHECK(outcome(false, 21h) == Outcome::pass);
  CHECK(outcome(false, 23h) == Outcome::fail);
}

TEST_CASE("notification_goes_to_the_mailbox_at_the_end_of_a_source_route") {
  const auto outcome = [](const std::string& to) {
    Conversation talk;
    talk.handover("1", {"b@rcpt.test"}, "@hop.test,@next.test:a@sender.test").sender_started();
    talk.session(1, 0s).ehlo().mail().rcpt("550 No such user").quit();
    return found(notify(talk, 2, 1min, {failed("5.0.0")}, to).sender_ended(0), "notified").outcome;
  };
  CHECK(outcome("a@sender.test") == Outcome::pass);
  CHECK(outcome("a@hop.test") == Outcome::fail);
}

TEST_CASE("source_route_that_the_sender_takes_for_something_else_is_not_asked_of_it") {
  const auto not_applicable = [](const std::string& from) {
    Conversation talk;
    talk.handover("1", {"b@rcpt.test"}, "@hop.test:a@sender.test").sender_started();
    talk.session(1, 0s).ehlo().mail("250 Ok", from).rcpt("550 No such user").quit();
    return judge(test::expecting({}), talk.journal()).not_applicable;
  };
  CHECK(not_applicable("a@sender.test").empty());
  CHECK(not_applicable("@hop.test:a@sender.test").empty());
  CHECK_THAT(not_applicable("\"\"@hop.test"),
             Catch::Contains("it sent the message from \"\"@hop.test"));
}

TEST_CASE("passes_on_only_to_a_server_that_offers_dsn") {
  for (const std::string_view reply : {"250-mx\r\n250-dsn\r\n250 SIZE 0", "250-mx\r\n250 DSN"}) {
    Conversation talk;
    talk.handover().ask_last("RET=HDRS").session(1, 0s).ehlo(reply).deliver();
    CHECK(found(talk, "passes-on").outcome == Outcome::fail);
  }
  for (const std::string_view reply : {"250 mx", "250-mx\r\n250 DSNX"}) {
    Conversation talk;
    talk.handover().ask_last("RET=HDRS").session(1, 0s).ehlo(reply).deliver();
    CHECK(found(talk, "passes-on").outcome == Outcome::not_applicable);
  }
  // What was not handed over the sender may ask for itself.
  Conversation own;
  own.handover().session(1, 0s).ehlo(with_dsn);
  own.mail("250 Ok", "a@sender.test", " RET=FULL").rcpt().data().content().message().quit();
  CHECK(found(own, "passes-on").outcome == Outcome::not_applicable);
}

TEST_CASE("passes_on_each_request_to_each_recipient") {
  const auto outcome = [](std::string_view asked, const std::string& mail,
                          std::vector<std::string> rcpts) {
    Conversation talk;
    talk.handover("1", {"b@rcpt.test", "c@rcpt.test"}).ask_last(asked);
    talk.session(1, 0s).ehlo(with_dsn).mail("250 Ok", "a@sender.test", mail);
    talk.exchange(scenario::Stage::rcpt, "RCPT TO:<b@rcpt.test>" + rcpts[0], "250 Ok");
    talk.exchange(scenario::Stage::rcpt, "RCPT TO:<c@rcpt.test>" + rcpts[1], "250 Ok");
    return found(talk.data().content().message().quit(), "passes-on").outcome;
  };
  CHECK(outcome("NOTIFY=NEVER", "", {" NOTIFY=NEVER", " NOTIFY=NEVER"}) == Outcome::pass);
  CHECK(outcome("NOTIFY=NEVER", "", {" NOTIFY=NEVER", ""}) == Outcome::fail);
  CHECK(outcome("NOTIFY=NEVER", "", {"", " NOTIFY=NEVER"}) == Outcome::fail);
  CHECK(outcome("NOTIFY=NEVER", "", {" NOTIFY=FAILURE", " NOTIFY=NEVER"}) == Outcome::fail);
  CHECK(outcome("ENVID=x", "", {"", ""}) == Outcome::fail);
  CHECK(outcome("ENVID=x", " ENVID=x", {"", ""}) == Outcome::pass);
  CHECK(outcome("RET=FULL", "", {"", ""}) == Outcome::fail);
  CHECK(outcome("ORCPT=rfc822;x@y", "", {"", ""}) == Outcome::fail);
  CHECK(outcome("REQUIRETLS SMTPUTF8", "", {"", ""}) == Outcome::not_applicable);
}
