// Retries and their times at the bounds: what a closed port hides, what is left to others, and what is counted.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::ListenAnswer;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

constexpr auto fail = Outcome::fail;
constexpr auto pass = Outcome::pass;
constexpr auto none = Outcome::not_applicable;
constexpr auto open = Outcome::undecided;

using Count = scenario::Range<std::uint64_t>;
using Span = scenario::Range<Duration>;

Finding found(const Conversation& talk, std::string rule, scenario::ExpectationValue value = {}) {
  return test::finding(judge(test::expecting({test::must(rule, std::move(value))}), talk.journal()),
                       rule);
}

constexpr const char* hidden_text =
    "the port did not answer at times, so some tries may have gone unseen";
constexpr const char* tls_policy_word =
    "the command's exit status reported the failure to its caller";
const Span half_an_hour = {30min, 4h};
const std::vector<Duration> figures = {1h, 4h};

/// Refused at this moment.
Conversation& refused(Conversation& talk, std::uint64_t session, Moment at,
                      const std::string& to = "b@rcpt.test", std::string_view reply = "452 Full") {
  return talk.session(session, at).ehlo().mail().rcpt(reply, to).quit();
}
Conversation& taken(Conversation& talk, std::uint64_t session, Moment at,
                    const std::string& to = "b@rcpt.test") {
  return talk.session(session, at)
      .ehlo()
      .mail()
      .rcpt("250 Ok", to)
      .data()
      .content()
      .message()
      .quit();
}

/// A handed-over message of a command that goes on; port events come after it.
Conversation started(const std::vector<std::string>& recipients = {"b@rcpt.test"}) {
  Conversation talk;
  talk.handover("1", recipients).sender_started();
  return talk;
}

/// TLS fails, and what it does in clear text after that is left to the test.
Conversation& tls_fails(Conversation& talk, std::uint64_t session, Moment at) {
  talk.session(session, at).ehlo().exchange(Stage::starttls, "STARTTLS", "220 Go").tls(false);
  return talk.end(EndedBy::client_closed, Stage::handshake);
}

} // namespace

TEST_CASE("retry_edges_an_outage_is_met_by_who_began_in_it") {
  // The port refuses from one minute to two.
  const auto came_back = [](Moment began, Moment came) {
    Conversation talk;
    talk.port(ListenAnswer::refused, 1min).port(ListenAnswer::accepted, 2min);
    talk.resume(0, began).handover().resume(0, began).sender_started();
    return found(taken(talk, 1, came), "retry").outcome;
  };
  CHECK(came_back(1min, 3min) == pass);
  CHECK(came_back(2min - 1us, 3min) == pass);
  CHECK(came_back(2min, 3min) == none);
  CHECK(came_back(1min - 1us, 3min) == none);
  CHECK(came_back(1min, 2min) == pass);
}

TEST_CASE("retry_edges_who_told_its_caller_and_came_nevertheless_has_tried_again") {
  Conversation talk;
  talk.port(ListenAnswer::refused, 0s).handover().sender_started();
  talk.port(ListenAnswer::accepted, 2min);
  taken(talk, 1, 3min).sender_ended(75);
  CHECK(found(talk, "retry").outcome == pass);
}

TEST_CASE("retry_edges_a_further_step_leaves_nothing_to_try_again") {
  // In clear text after TLS failed, whatever became of the sender after that.
  const auto fell_back = [](auto&& end) {
    Conversation talk = started();
    tls_fails(talk, 1, 1s);
    taken(talk, 2, 2s);
    end(talk);
    return found(talk, "retry").outcome;
  };
  CHECK(fell_back([](Conversation& talk) { talk.sender_ended(75); }) == pass);
  CHECK(fell_back([](Conversation& talk) { talk.sender_timed_out(); }) == pass);
  CHECK(fell_back([](Conversation& talk) { talk.port(ListenAnswer::refused, 1min).finish(6h); }) ==
        pass);
  CHECK(fell_back([](Conversation&) {}) == pass);
}

TEST_CASE("retry_edges_one_that_was_tried_again_shows_more_than_one_that_was_told") {
  Conversation talk = started({"b@rcpt.test", "c@rcpt.test"});
  talk.session(1, 1s).ehlo().mail().rcpt("452 Full").rcpt("452 Full", "c@rcpt.test").quit();
  Conversation told = talk;
  CHECK(found(told.sender_ended(75), "retry").actual == tls_policy_word);
  taken(talk, 2, 1h);
  CHECK(found(talk.sender_ended(75), "retry").actual == "1 delivery was retried");
}

TEST_CASE("retry_edges_a_sender_that_is_gone_can_t_have_met_the_closed_port") {
  const auto outcome = [](bool gone, Moment closed) {
    Conversation talk = started();
    refused(talk, 1, 1s);
    talk.port(ListenAnswer::refused, closed);
    if (gone) talk.sender_ended(0);
    return found(talk.finish(10h), "retry").outcome;
  };
  CHECK(outcome(false, 1min) == none);
  CHECK(outcome(true, 1min) == fail);
  CHECK(outcome(false, 5h) == fail); // it had four hours for the first retry
}

TEST_CASE("retry_edges_a_size_limit_is_heeded_by_who_came_and_sent_nothing") {
  const auto finding = [](auto&& say, std::uint64_t size = 2000) {
    scenario::Scenario scenario = test::expecting({test::must("no-retry")});
    scenario.server.size_limit = 1000;
    scenario.test.message.size = size;
    Conversation talk = started();
    talk.session(1, 1s).ehlo();
    say(talk);
    return test::finding(judge(scenario, talk.journal()), "no-retry");
  };
  const auto leaves = [](Conversation& talk) { talk.quit(); };
  CHECK(finding(leaves).outcome == pass);
  CHECK(finding(leaves, 1001).outcome == pass);
  CHECK(finding(leaves, 1000).outcome == none);
  const auto notifies = [](Conversation& talk) {
    talk.quit().session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test");
    talk.data().content().message().quit();
  };
  CHECK(finding(notifies).outcome == pass);
  const auto tries = [](Conversation& talk) { talk.mail("452 Full").quit(); };
  CHECK(finding(tries).outcome == none);
  const auto is_refused = [](Conversation& talk) { talk.mail("552 Too large").quit(); };
  CHECK_THAT(finding(is_refused).actual, Catch::StartsWith("the message was not retried in "));
}

TEST_CASE("retry_edges_tries_are_counted_up_to_both_bounds") {
  const auto tries = [](std::size_t count, Count range, auto&& around) {
    Conversation talk = started();
    for (std::size_t i = 1; i <= count; ++i)
      refused(talk, i, i * 1h);
    around(talk);
    return found(talk, "tries", range);
  };
  const auto nothing = [](Conversation&) {};
  CHECK(tries(2, {3, 5}, nothing).near_miss == "1 too few");
  CHECK(tries(6, {3, 5}, nothing).near_miss == "1 too many");
  CHECK(tries(3, {3, 3}, nothing).outcome == pass);
  CHECK(tries(4, {3, 3}, nothing).near_miss == "1 too many");
  // Too many are too many, whatever was hidden, ended or told; too few may not be.
  const auto outage = [](Conversation& talk) {
    talk.port(ListenAnswer::refused, 1min).port(ListenAnswer::accepted, 2min);
  };
  const auto ended = [](Conversation& talk) { talk.sender_timed_out(); };
  const auto told = [](Conversation& talk) { talk.sender_ended(75); };
  CHECK(tries(4, {3, 3}, outage).outcome == fail);
  CHECK(tries(4, {3, 3}, ended).outcome == fail);
  CHECK(tries(4, {3, 3}, told).outcome == fail);
  CHECK(tries(2, {3, 3}, outage).outcome == none);
  CHECK(tries(2, {3, 3}, ended).outcome == open);
  CHECK(tries(2, {3, 3}, told).actual == tls_policy_word);
}

TEST_CASE("gives_up_edges_a_pause_is_an_hour_at_least") {
  const auto outcome = [](Duration last, Duration watched, std::optional<Duration> max = 120h) {
    Conversation talk;
    refused(talk, 1, 0s);
    refused(talk, 2, last);
    return found(talk.finish(watched), "gives-up", Span{96h, max}).outcome;
  };
  // It has been silent for twice its longest pause, or for two hours.
  CHECK(outcome(10min, 10min + 2h) == open);
  CHECK(outcome(10min, 10min + 2h + 1us) == fail);
  CHECK(outcome(10min, 10min + 2h, std::nullopt) == none);
  CHECK(outcome(10min, 10min + 2h + 1us, std::nullopt) == fail);
}

TEST_CASE("gives_up_edges_who_has_said_so_will_not_try_again") {
  const auto outcome = [](Moment told, std::string_view reply = "250 Ok") {
    Conversation talk;
    talk.handover();
    refused(talk, 1, 0s);
    refused(talk, 2, 10h);
    talk.session(3, told).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
    talk.content().message(reply).quit();
    return found(talk.finish(11h), "gives-up", Span{96h, 120h}).outcome;
  };
  CHECK(outcome(10h + 40ms) == fail); // with the end of its last try
  CHECK(outcome(10h + 40ms - 1us) == open);
  CHECK(outcome(9h) == open);
  CHECK(outcome(10h + 1min, "550 No") == open);
}

TEST_CASE("gives_up_edges_what_is_left_open_is_said") {
  const auto said = [](auto&& say, Duration lifetime = Duration::zero()) {
    journal::event::Run run;
    run.queue_lifetime = lifetime;
    Conversation talk;
    talk.run(run).handover().sender_started();
    say(talk);
    return found(talk, "gives-up", Span{96h, std::nullopt});
  };
  CHECK(said([](Conversation& talk) { taken(talk, 1, 1s); }).actual ==
        "the message for b@rcpt.test was delivered, so the sender did not have to give up");
  CHECK(said([](Conversation& talk) { refused(talk, 1, 1s).finish(1h); }).actual ==
        "the message was still being retried when the watch time ended after 59m59s; with "
        "--queue-lifetime the sender is watched until it gives up");
  CHECK(said([](Conversation& talk) { refused(talk, 1, 1s); }).expected ==
        "the last try comes at least 4d after the first");
  CHECK(said([](Conversation& talk) { refused(talk, 1, 1s); }, 30h).expected ==
        "the last try comes about 1d6h after the first (--queue-lifetime)");
  CHECK(said([](Conversation& talk) { talk.session(1, 1s).ehlo().quit(); }).actual ==
        "no try was seen");
  // What was ended is not over, however long it was silent.
  CHECK(said([](Conversation& talk) {
          refused(talk, 1, 1s).finish(10h).sender_timed_out();
        }).outcome == none);
}

TEST_CASE("gives_up_edges_where_tries_are_hidden_the_notification_tells") {
  using journal::event::RecipientReport;
  const auto gave_up = [](Duration after, std::vector<RecipientReport> reports, auto&& more) {
    journal::event::Run run;
    run.queue_lifetime = 30h;
    Conversation talk;
    talk.run(run).handover().resume(0, 0s).sender_started().port(ListenAnswer::refused, 1s);
    talk.port(ListenAnswer::accepted, 1min);
    more(talk);
    talk.session(9, after).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
    talk.content("", {}, std::move(reports)).message().quit();
    return found(talk, "gives-up", Span{96h, std::nullopt}).outcome;
  };
  const auto nothing = [](Conversation&) {};
  const std::vector<RecipientReport> failed = {{"b@rcpt.test", "failed", "4.4.7"}};
  // From half of the lifetime to a pause after it, which is a day at most.
  CHECK(gave_up(15h, failed, nothing) == pass);
  CHECK(gave_up(15h - 1us, failed, nothing) == fail);
  CHECK(gave_up(54h, failed, nothing) == pass);
  CHECK(gave_up(54h + 1us, failed, nothing) == fail);
  CHECK(gave_up(20h, {}, nothing) == pass); // in words
  CHECK(gave_up(10h, {{"b@rcpt.test", "delayed", "4.4.7"}}, nothing) == none);
  // The first report of a failure counts, not words that came before it or after.
  const auto words = [](Conversation& talk) {
    talk.session(8, 1h).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
    talk.content().message().quit();
  };
  CHECK(gave_up(20h, failed, words) == pass);
  // One that was refused has told nobody; a message that was rejected (5xx) was not given up.
  const auto refuses = [](Conversation& talk) {
    talk.session(8, 1h).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
    talk.content().message("452 Full").quit();
  };
  CHECK(gave_up(20h, failed, refuses) == pass);
  const auto for_good = [](Conversation& talk) { refused(talk, 1, 2min, "b@rcpt.test", "550 No"); };
  CHECK(gave_up(10h, failed, for_good) == none);
}

TEST_CASE("timing_edges_hidden_tries_make_the_first_interval_an_upper_bound") {
  // Refused at the first minute, the port closed for a while, and refused again.
  const auto first_retry = [](Duration next) {
    Conversation talk = started();
    refused(talk, 1, 1min);
    talk.port(ListenAnswer::refused, 10min).port(ListenAnswer::accepted, 20min);
    return found(refused(talk, 2, 1min + 40ms + next), "first-retry", half_an_hour);
  };
  CHECK(first_retry(30min - 1us).outcome == fail); // too early, whatever came before it
  CHECK(first_retry(30min).actual == hidden_text);
  CHECK(first_retry(1h).actual == hidden_text);
  CHECK(first_retry(5h).actual == hidden_text);
  // Where the port has no part in it, all is seen.
  Conversation seen = started();
  refused(seen, 1, 1min);
  refused(seen, 2, 41min);
  CHECK(found(seen, "first-retry", half_an_hour).outcome == pass);
  // Of two recipients one shows enough.
  Conversation two = started({"b@rcpt.test", "c@rcpt.test"});
  refused(two, 1, 1min);
  refused(two, 2, 32min);
  two.port(ListenAnswer::refused, 1h).port(ListenAnswer::accepted, 2h);
  refused(two, 3, 3h, "c@rcpt.test");
  refused(two, 4, 4h, "c@rcpt.test");
  CHECK(found(two, "first-retry", half_an_hour).outcome == pass);
}

TEST_CASE("timing_edges_a_first_retry_that_can_t_be_seen_is_not_held_against_the_sender") {
  const auto finding = [](auto&& say) {
    Conversation talk = started();
    say(talk);
    return found(talk, "first-retry", half_an_hour);
  };
  // Down to the end, soon after the failure.
  const auto down = [](Conversation& talk) {
    refused(talk, 1, 1min).port(ListenAnswer::refused, 2min).finish(10h);
  };
  CHECK(finding(down).actual == hidden_text);
  const auto gone = [](Conversation& talk) {
    refused(talk, 1, 1min).port(ListenAnswer::refused, 2min).sender_ended(0).finish(10h);
  };
  CHECK(finding(gone).actual == "nothing failed temporarily");
  const auto open_port = [](Conversation& talk) { refused(talk, 1, 1min).finish(10h); };
  CHECK(finding(open_port).actual == "nothing failed temporarily");
  // Down from the beginning: the first failure was not seen.
  const auto from_the_start = [](Conversation& talk) {
    talk.port(ListenAnswer::refused, 100ms).port(ListenAnswer::accepted, 10min);
    refused(talk, 1, 11min);
    refused(talk, 2, 12min);
  };
  CHECK(finding(from_the_start).actual == hidden_text);
  const auto taken_at_once = [](Conversation& talk) { taken(talk, 1, 1min); };
  CHECK(finding(taken_at_once).actual == "nothing failed temporarily");
  const auto fell_back = [](Conversation& talk) {
    tls_fails(talk, 1, 1s);
    taken(talk, 2, 2s);
  };
  CHECK(finding(fell_back).actual ==
        "the sender fell back to clear text, or used another host or connection, so no retry was "
        "needed");
}

TEST_CASE("timing_edges_intervals_with_an_outage_in_them_tell_nothing") {
  const auto finding = [](const char* rule, scenario::ExpectationValue value, bool outage,
                          bool second_recipient = false) {
    Conversation talk = started({"b@rcpt.test", "c@rcpt.test"});
    const std::string first = second_recipient ? "c@rcpt.test" : "b@rcpt.test";
    const std::string other = second_recipient ? "b@rcpt.test" : "c@rcpt.test";
    for (std::uint64_t i = 0; i < 3; ++i)
      refused(talk, i + 1, 1min + i * 30min, other);
    if (outage) talk.port(ListenAnswer::refused, 3h).port(ListenAnswer::accepted, 4h);
    refused(talk, 10, 2h, first);
    refused(talk, 11, 5h, first);
    refused(talk, 12, 5h + 10min, first);
    return found(talk, rule, value);
  };
  for (const bool second : {false, true}) {
    // What was tried before the outage was seen, as long as nothing hidden came first.
    CHECK(finding("back-off", {}, true, second).outcome == (second ? fail : none));
    CHECK(finding("back-off", {}, false, second).outcome == fail);
    CHECK(finding("schedule", figures, false, second).outcome == fail);
  }
}

TEST_CASE("timing_edges_jitter_is_of_one_recipient_of_each_message") {
  // Six messages whose first recipients come back at the same moment, and whose others do not.
  Conversation talk;
  for (int i = 1; i <= 6; ++i)
    talk.handover(std::to_string(i),
                  {"b" + std::to_string(i) + "@rcpt.test", "c" + std::to_string(i) + "@rcpt.test"});
  std::uint64_t session = 0;
  for (int i = 1; i <= 6; ++i) {
    const std::string n = std::to_string(i);
    refused(talk, ++session, 0s, "b" + n + "@rcpt.test");
    refused(talk, ++session, 1s, "c" + n + "@rcpt.test");
    taken(talk, ++session, 1h, "b" + n + "@rcpt.test");
    taken(talk, ++session, 1h + i * 10min, "c" + n + "@rcpt.test");
  }
  const Finding finding = found(talk, "jitter");
  CHECK(finding.outcome == fail);
  CHECK(finding.near_miss == "6 of them too close together");
  REQUIRE(finding.evidence.size() == 6);
  CHECK(finding.evidence[0].session == 3); // the second try of each
}

TEST_CASE("timing_edges_of_many_intervals_all_but_one_alike_are_no_chance") {
  // A hundredth of the mean of 100 minutes is a minute: five are as far apart as that, or by a bit more.
  const auto outcome = [](Duration bit) {
    Conversation talk;
    for (std::uint64_t i = 1; i <= 6; ++i)
      talk.handover(std::to_string(i), {"b" + std::to_string(i) + "@rcpt.test"});
    const std::vector<Duration> intervals = {
        98min - 30s, 98min + 30s + bit, 98min - bit, 98min, 98min, 110min};
    for (std::uint64_t i = 1; i <= 6; ++i) {
      refused(talk, i, 0s, "b" + std::to_string(i) + "@rcpt.test");
      taken(talk, i + 10, 40ms + intervals[i - 1], "b" + std::to_string(i) + "@rcpt.test");
    }
    const Finding finding = found(talk, "jitter");
    CHECK(finding.expected == "at least two intervals differ by more than 1m from all others");
    return finding.outcome;
  };
  CHECK(outcome(0us) == fail);
  CHECK(outcome(1us) == pass);
}

TEST_CASE("timing_edges_one_delivery_that_was_excused_hides_no_other") {
  // One recipient is delivered at its second try; the other is tried by the schedule.
  const auto finding = [](const char* rule, scenario::ExpectationValue value, auto&& end) {
    Conversation talk = started({"b@rcpt.test", "c@rcpt.test"});
    refused(talk, 1, 0s);
    taken(talk, 2, 1h);
    refused(talk, 3, 1s, "c@rcpt.test");
    refused(talk, 4, 1h + 1s, "c@rcpt.test");
    refused(talk, 5, 5h + 1s, "c@rcpt.test");
    end(talk);
    return found(talk, rule, value);
  };
  const auto nothing = [](Conversation&) {};
  CHECK(finding("back-off", {}, nothing).outcome == pass);
  CHECK(finding("schedule", figures, nothing).outcome == pass);
  // Tempfail ended the sender while the first one was still being tried.
  const auto ended = [](const char* rule, scenario::ExpectationValue value) {
    Conversation talk = started({"b@rcpt.test", "c@rcpt.test"});
    refused(talk, 1, 0s);
    refused(talk, 3, 1s, "c@rcpt.test");
    refused(talk, 4, 1h + 1s, "c@rcpt.test");
    refused(talk, 5, 5h + 1s, "c@rcpt.test");
    return found(talk.sender_timed_out(), rule, value).outcome;
  };
  CHECK(ended("back-off", {}) == open);
  CHECK(ended("schedule", figures) == open);
}

TEST_CASE("retry_edges_a_connection_that_comes_to_its_end_between_two_messages") {
  // The first message is accepted. On the same connection the second one meets what `end` does, and goes at once on
  // another one.
  const auto second_after = [](auto end, Duration pause = 10ms) {
    Conversation talk;
    talk.handover("1").handover("2", {"c@rcpt.test"});
    talk.session(1, 1s).ehlo().mail().rcpt().data().content().message();
    end(talk);
    talk.session(2, 2s + pause).ehlo().mail().rcpt("250 Ok", "c@rcpt.test").data();
    talk.content("m2@sender.test").message().quit();
    return talk;
  };
  const auto lost = [](Conversation& talk) {
    talk.exchange(scenario::Stage::mail, "MAIL FROM:<a@sender.test>", "");
    talk.end(journal::event::EndedBy::server, scenario::Stage::mail);
  };
  const auto told = [](Conversation& talk) {
    talk.mail("421 4.4.2 Idle too long")
        .end(journal::event::EndedBy::server, scenario::Stage::mail);
  };
  const auto refused = [](Conversation& talk) { talk.mail("451 4.3.0 Later").quit(); };
  const auto tries = [](const Conversation& talk) {
    const auto wanted = test::expecting(
        {{"tries", scenario::Level::must, scenario::Range<std::uint64_t>{1, 1}},
         {"first-retry", scenario::Level::must, scenario::Range<Duration>{30min, std::nullopt}},
         {"retry", scenario::Level::must, std::monostate{}}});
    const CaseVerdict verdict = judge(wanted, talk.journal());
    std::vector<Outcome> outcomes;
    for (const auto* rule : {"tries", "first-retry", "retry"})
      outcomes.push_back(test::finding(verdict, rule).outcome);
    return outcomes;
  };
  using Outcomes = std::vector<Outcome>;
  for (const auto& end :
       {std::function<void(Conversation&)>(lost), std::function<void(Conversation&)>(told)})
    for (const Outcome outcome : tries(second_after(end)))
      CHECK(outcome != Outcome::fail);
  Conversation rejected;
  rejected.handover("1").handover("2", {"c@rcpt.test"});
  rejected.session(1, 1s).ehlo().mail().rcpt().data().content().message();
  told(rejected);
  rejected.session(2, 2s).ehlo().mail().rcpt("550 No", "c@rcpt.test").quit().finish(48h);
  CHECK(tries(rejected)[2] != Outcome::fail); // it has its answer
  CHECK(tries(second_after(refused)) == Outcomes{Outcome::fail, Outcome::fail, Outcome::pass});
  CHECK(tries(second_after(lost, 5min)) == Outcomes{Outcome::fail, Outcome::fail, Outcome::pass});
}

TEST_CASE("retry_edges_a_reply_that_the_machine_gave_too_late_for_a_patient_sender") {
  const auto tries = [](Duration asked_before, int rule) {
    Conversation talk;
    talk.handover().session(1, 1h).ehlo().mail().rcpt().data().content().accepted();
    journal::event::Exchange taken;
    taken.stage = Stage::message;
    taken.number = 6;
    taken.asked = 1h + 60ms - asked_before;
    taken.answered = 1h + 60ms;
    taken.reply = "250 Ok\r\n";
    taken.code = 250;
    taken.rule = rule;
    talk.exchange(taken).wait(10s).end(EndedBy::client_closed, Stage::idle);
    talk.session(2, 2h).ehlo().deliver();
    return found(talk, "tries", Count{1, 1});
  };
  CHECK(tries(11min, 0).outcome == open);
  CHECK(tries(11min, 0).actual.find("use a smaller --time-scale") != std::string::npos);
  CHECK(tries(11min, 7).outcome == fail); // the scenario wanted it so late
  CHECK(tries(5min, 0).actual == "see `no-duplicate`");
}
