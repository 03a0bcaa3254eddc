// What a try was, and whether there was one: replies and probes at their edges.
#include "findings.hpp"
#include "seen.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using test::Seen;
using namespace std::chrono_literals;

namespace {

constexpr Duration step = 10ms; ///< of a conversation

/// A connection that says nothing, so long.
Conversation silent(Duration time, EndedBy by = EndedBy::client_closed) {
  Conversation talk;
  return talk.connect(1, 0s).wait(time - step).end(by, Stage::greeting);
}
std::string with_a_delivery(Conversation talk, Moment at = 31min) {
  return Seen(talk.session(9, at).ehlo().deliver()).story();
}
/// MAIL is answered like this.
std::string answered(std::string_view reply) {
  Conversation talk;
  return Seen(talk.session(1, 0s).ehlo().mail(reply).quit()).story();
}
/// The greeting, or EHLO, is answered like this, and the client leaves.
std::string greeted(std::string_view reply) {
  Conversation talk;
  talk.session(1, 0s, reply).end(EndedBy::client_closed, Stage::greeting);
  return with_a_delivery(talk);
}

} // namespace

TEST_CASE("try_has_the_result_that_its_reply_has") {
  CHECK(answered("400 Full") == "transient@mail");
  CHECK(answered("499 Full") == "transient@mail");
  CHECK(answered("500 No") == "permanent@mail");
  CHECK(answered("599 No") == "permanent@mail");
  for (const auto* unknown : {"399 Huh", "300 Huh", "199 Huh", "600 Huh"})
    CHECK(answered(unknown) == "trouble@mail");
  // Any 2yz is a success.
  for (const auto* yes : {"200 Ok", "299 Ok"}) {
    Conversation talk;
    talk.session(1, 0s).ehlo().mail(yes).rcpt(yes).data().content().message(yes).quit();
    CHECK(Seen(talk).story() == "accepted@message");
  }
}

TEST_CASE("try_may_end_before_mail") {
  CHECK(greeted("400 Busy") == "transient@greeting accepted@message");
  CHECK(greeted("599 No") == "permanent@greeting accepted@message");
  // What SMTP does not know is no refusal; who leaves did so by itself.
  CHECK(greeted("600 Huh") == "abandoned@greeting accepted@message");
  CHECK(greeted("220 mx") == "accepted@message");
}

TEST_CASE("try_ends_with_the_last_word_that_means_something") {
  for (const Stage stage : {Stage::noop, Stage::rset, Stage::idle, Stage::quit}) {
    INFO(scenario::to_string(stage));
    Conversation talk;
    talk.session(1, 0s).ehlo("451 Later").exchange(stage, "NOOP", "250 Ok");
    CHECK(with_a_delivery(talk.end(EndedBy::client_closed, stage)) ==
          "transient@ehlo accepted@message");
  }
}

TEST_CASE("try_is_left_for_what_was_said_before_and_not_after_that") {
  Conversation talk;
  talk.session(1, 0s).ehlo().mail().rcpt().exchange(Stage::rset, "RSET", "250 Ok");
  talk.mail("").end(EndedBy::server, Stage::mail);
  CHECK(Seen(talk).story() == "abandoned@rcpt trouble@mail");
}

TEST_CASE("try_over_chunks_goes_on_until_one_is_refused") {
  const auto story = [](std::string_view first, std::string_view second) {
    Conversation talk;
    talk.session(1, 0s).ehlo().mail().rcpt();
    talk.exchange(Stage::data, "BDAT 100", first).exchange(Stage::data, "BDAT 100", second);
    return Seen(talk.quit()).story();
  };
  CHECK(story("250 Ok", "552 Too large") == "permanent@data");
  CHECK(story("250 Ok", "400 Later") == "transient@data");
  CHECK(story("552 Too large", "503 No") == "permanent@data");
  CHECK(story("250 Ok", "250 Ok") == "abandoned@data");
  Conversation alone;
  alone.session(1, 0s).ehlo().mail().rcpt().exchange(Stage::data, "BDAT 100 LAST", "452 Full");
  CHECK(Seen(alone.quit()).story() == "transient@data");
}

TEST_CASE("try_that_the_journal_ends_is_not_known_to_fail") {
  Conversation talk;
  talk.session(1, 0s).ehlo().mail().rcpt().finish(2h);
  const Finding delivered = test::finding(
      judge(test::expecting({test::must("delivered", std::string("once"))}), talk.journal()),
      "delivered");
  CHECK(delivered.outcome == Outcome::undecided);
}

TEST_CASE("try_is_impatient_only_where_it_was_not_told") {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().mail().rcpt().data().content().message();
  talk.end(EndedBy::client_closed, Stage::message).session(2, 1h).ehlo().deliver();
  CHECK_FALSE(Seen(talk).observed.messages.at(0).deliveries.at(0).tries.at(0).hung_up_too_early);
  const Finding found = test::finding(judge(test::expecting({}), talk.journal()), "no-duplicate");
  CHECK_THAT(found.actual, Catch::Contains("although the sender had seen that it was accepted"));
}

TEST_CASE("try_is_impatient_from_the_end_of_the_content_where_its_end_was_not_answered_at_all") {
  const auto impatient = [](Duration waited, EndedBy by) {
    Conversation talk;
    talk.session(1, 0s).ehlo().mail().rcpt().data().content().accepted().wait(waited - 2 * step);
    talk.end(by, Stage::content);
    const Seen seen(talk);
    const Try& attempt = seen.observed.messages.at(0).deliveries.at(0).tries.at(0);
    CHECK(attempt.reply_lost);
    return attempt.hung_up_too_early;
  };
  CHECK(impatient(10min - 101ms, EndedBy::client_closed));
  CHECK_FALSE(impatient(10min - 100ms, EndedBy::client_closed));
  CHECK_FALSE(impatient(1min, EndedBy::server));
}

TEST_CASE("try_is_heard_by_who_says_something_after_the_reply_and_not_by_what_the_server_says") {
  const auto story = [](std::string_view line) {
    Conversation talk;
    talk.session(1, 0s).ehlo().mail().rcpt().data().content().accepted();
    talk.held(Stage::message, ".", 11min, "250 Ok").exchange(Stage::idle, line, "421 Idle");
    return Seen(talk.end(EndedBy::client_closed, Stage::idle)).story();
  };
  CHECK(story("") == "accepted@message(unheard)");
  CHECK(story("NOOP") == "accepted@message");
}

TEST_CASE("probe_says_nothing_and_is_gone_within_a_second") {
  CHECK(with_a_delivery(silent(1s - 1us)) == "accepted@message");
  CHECK(with_a_delivery(silent(1s)) == "trouble@greeting accepted@message");
  CHECK(with_a_delivery(silent(1s - 1us, EndedBy::client_reset)) == "accepted@message");
  CHECK(with_a_delivery(silent(1s - 1us, EndedBy::server)) == "trouble@greeting accepted@message");
  // While the greeting is held back as well.
  Conversation held;
  held.connect(1, 0s)
      .held(Stage::greeting, {}, 900ms, "")
      .end(EndedBy::client_closed, Stage::greeting);
  CHECK(with_a_delivery(held) == "accepted@message");
  // At ten seconds of protocol time for each of real time.
  journal::event::Run run;
  run.time_scale = 10;
  CHECK(with_a_delivery(silent(10s - 1us).run(run)) == "accepted@message");
  CHECK(with_a_delivery(silent(10s).run(run)) == "trouble@greeting accepted@message");
}

TEST_CASE("probe_may_say_ehlo_and_quit_and_be_closed_when_it_idles") {
  Conversation idles;
  idles.session(1, 0s).ehlo().exchange(Stage::idle, "", "421 Idle for too long", {}, 7);
  idles.end(EndedBy::server, Stage::idle);
  CHECK(with_a_delivery(idles) == "accepted@message");
  Conversation hello;
  hello.session(1, 0s).ehlo().exchange(Stage::noop, "NOOP", "250 Ok").quit();
  CHECK(with_a_delivery(hello) == "accepted@message");
  // What a rule did to it may be why it went no further.
  Conversation odd;
  odd.session(1, 0s).exchange(Stage::ehlo, "EHLO client.test", "250 mx", "raw", 7).quit();
  CHECK(with_a_delivery(odd) == "trouble@quit accepted@message");
}

TEST_CASE("probe_looks_whether_the_port_is_there_before_the_first_try") {
  const auto looks = [](std::string_view first, std::vector<Moment> others, bool speaks = false) {
    Conversation talk;
    talk.session(1, 0s, first);
    if (speaks) talk.ehlo("421 Busy");
    talk.end(EndedBy::server, Stage::greeting);
    for (std::uint64_t i = 0; i < others.size(); ++i)
      if (i + 1 < others.size())
        talk.session(i + 2, others[i], "421 Busy").end(EndedBy::server, Stage::greeting);
      else
        talk.session(i + 2, others[i]).ehlo().deliver();
    return Seen(talk).story();
  };
  // The next one comes within a quarter of a second.
  CHECK(looks("421 Busy", {250ms - 1us}) == "accepted@message");
  CHECK(looks("421 Busy", {250ms}) == "transient@greeting accepted@message");
  CHECK(looks("220 mx", {249ms}, true) == "transient@ehlo accepted@message"); // it spoke
  // Who comes again and again in so short a time does not look.
  CHECK(looks("421 Busy", {200ms, 450ms - 1us}) ==
        "transient@greeting transient@greeting accepted@message");
  CHECK(looks("421 Busy", {200ms, 450ms}) == "transient@greeting accepted@message");
  // The look is the first of them all.
  CHECK(looks("421 Busy", {10min, 10min + 100ms}) ==
        "transient@greeting transient@greeting accepted@message");
}

TEST_CASE("try_whose_client_is_a_reply_ahead_did_not_pipeline") {
  const auto pipelining = [](std::string_view reply) {
    Conversation talk;
    talk.handover().session(1, 0s).ehlo().mail().rcpt(reply);
    journal::event::Exchange early;
    early.stage = Stage::data;
    early.line = "DATA";
    early.verb = "DATA";
    early.reply = "354 Go";
    early.code = 354;
    early.breaches = static_cast<journal::Breaches>(journal::Breach::pipelined_without_leave);
    talk.exchange(early).quit();
    return test::finding(judge(test::expecting({}), talk.journal()), "pipelining").outcome;
  };
  CHECK(pipelining("250 Ok") == Outcome::fail);
  CHECK(pipelining("250 Ok\r\n250 Ok") == Outcome::pass);
}
