// How the events of a journal become sessions, transactions and tries, and what is known of the sender's process.
#include "findings.hpp"
#include "seen.hpp"
#include "verdict/esmtp_requests.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using journal::event::ProcessEnd;
using scenario::Stage;
using test::Conversation;
using test::Seen;
using namespace std::chrono_literals;

namespace {

Conversation handed() {
  Conversation talk;
  talk.handover();
  return talk;
}
Conversation session() {
  Conversation talk = handed();
  talk.session(1, 0s).ehlo();
  return talk;
}
const Transaction& first(const Seen& seen) {
  return seen.observed.sessions.at(0).transactions.at(0);
}
const Try& last_try(const Seen& seen) {
  return seen.observed.messages.at(0).deliveries.at(0).tries.back();
}
std::string story(const Conversation& talk) {
  return Seen(talk).story();
}

journal::event::Process process(bool started, std::string_view handover = {}, int status = 0,
                                ProcessEnd ended = ProcessEnd::itself) {
  journal::event::Process one;
  one.started = started;
  one.handover = handover;
  one.exit_code = status;
  one.ended = ended;
  return one;
}

} // namespace

TEST_CASE("reading_edges_a_transaction_has_what_belongs_to_it_and_no_more") {
  const Seen whole(session().deliver());
  CHECK(first(whole).left_by == nullptr);
  CHECK(first(whole).message != nullptr);
  // A recipient whose address can't be read is none.
  const Seen unread(session().mail().exchange(Stage::rcpt, "RCPT TO:", "501 What?").quit());
  CHECK(first(unread).recipients.empty());
  CHECK(first(unread).left_by != nullptr);
  // What the server says unasked is no command.
  Conversation talk = session();
  talk.mail()
      .rcpt()
      .exchange(Stage::rcpt, "", "250 Still here")
      .exchange(Stage::data, "", "421 Bye");
  const Seen unasked(talk.end(EndedBy::server, Stage::data));
  CHECK(first(unasked).recipients.size() == 1);
  CHECK(first(unasked).data == nullptr);
  // What was left is over: RSET ends it, and so does another MAIL.
  Conversation reset = session();
  reset.mail().exchange(Stage::rset, "RSET", "250 Ok").rcpt().quit();
  CHECK(first(Seen(reset)).recipients.empty());
  const Seen again(session().mail().mail().rcpt("550 No").quit());
  REQUIRE(again.observed.sessions[0].transactions.size() == 2);
  CHECK(first(again).left_by == again.observed.sessions[0].transactions[1].mail);
  // A MAIL out of place changes nothing; where none is open it is one.
  const Seen twice(session().mail().mail("503 Already").rcpt().data().content().message().quit());
  CHECK(twice.observed.sessions[0].transactions.size() == 1);
  CHECK(story(session().mail("503 Say EHLO").quit()) == "permanent@mail");
}

TEST_CASE("reading_edges_chunks_are_data_until_one_is_refused") {
  const auto chunks = [](std::string_view second) {
    Conversation talk = session();
    talk.mail().rcpt().exchange(Stage::data, "BDAT 5", "250 Ok");
    return talk.exchange(Stage::data, "BDAT 5", second).quit();
  };
  const Seen refused(chunks("552 No"));
  CHECK(as_exchange(first(refused).data)->code == 250);
  CHECK(first(refused).message != nullptr);
  CHECK(first(refused).left_by == nullptr); // it was over already
  CHECK(refused.story() == "permanent@data");
  const Seen put_off(chunks("400 No"));
  CHECK(put_off.story() == "transient@data");
  const Seen taken(chunks("250 Ok"));
  CHECK(first(taken).message == nullptr);
  CHECK(first(taken).left_by != nullptr);
  CHECK(story(chunks("399 Hm")) == "abandoned@data");
}

TEST_CASE("reading_edges_the_content_is_reached_by_any_of_its_events") {
  CHECK_FALSE(first(Seen(session().mail().rcpt())).reached_content());
  CHECK(first(Seen(session().mail().rcpt().data("452 No"))).reached_content());
  CHECK(first(Seen(session().mail().rcpt().content())).reached_content());
  CHECK(first(Seen(session().mail().rcpt().exchange(Stage::message, "BDAT 5 LAST", "250 Ok")))
            .reached_content());
}

TEST_CASE("reading_edges_events_without_a_transaction_are_nobody_s") {
  Conversation talk = handed();
  talk.session(1, 0s).accepted().content().exchange(Stage::content, "", "451 No");
  talk.exchange(Stage::message, ".", "250 Ok").ehlo().deliver();
  CHECK(story(talk) == "accepted@message");
}

TEST_CASE("reading_edges_the_farewell_of_a_server_that_stops_is_no_answer") {
  const auto ends = [](std::string_view line, std::string_view reply, EndedBy by,
                       Duration later = 0s) {
    Conversation talk = session();
    talk.mail().rcpt().data();
    talk.resume(1, 1h).exchange(Stage::content, line, reply);
    talk.resume(1, 1h + later).end(by, Stage::content);
    const Seen seen(talk);
    return seen.story() + (seen.observed.sessions[0].events.size() == 7 ? ", forgotten" : "");
  };
  CHECK(ends("", "421 Bye", EndedBy::server_stop) == "cut off@content, forgotten");
  CHECK(ends("", "421 Bye", EndedBy::server) == "transient@content");
  CHECK(ends("", "451 No", EndedBy::server_stop) == "transient@content");
  CHECK(ends("", "421 Bye", EndedBy::server_stop, 1us) == "transient@content");
  CHECK(ends("x", "421 Bye", EndedBy::server_stop) == "transient@content");
  // It may be all that was said.
  Conversation talk = handed();
  talk.connect(1, 0s).resume(1, 1h).exchange(Stage::greeting, "", "421 Bye");
  const Seen seen(talk.resume(1, 1h).end(EndedBy::server_stop, Stage::greeting));
  CHECK(seen.observed.sessions[0].events.size() == 2);
  // What was answered before it stays answered.
  Conversation whole = session();
  whole.mail().rcpt().data().content().message().resume(1, 1h);
  whole.exchange(Stage::idle, "", "421 Bye").resume(1, 1h).end(EndedBy::server_stop, Stage::idle);
  CHECK(story(whole) == "accepted@message");
  CHECK(first(Seen(whole)).message != nullptr);
  // A journal that ends with the beginning of a connection has no farewell.
  Conversation bare = handed();
  CHECK(Seen(bare.resume(1, 0s).end(EndedBy::server_stop, Stage::greeting))
            .observed.sessions[0]
            .events.size() == 1);
}

TEST_CASE("reading_edges_addresses_are_compared_in_lower_case") {
  Conversation talk = handed();
  talk.session(1, 0s).ehlo().mail("250 Ok", "A@SENDER.TEST").rcpt("452 No", "B@RCPT.TEST").quit();
  CHECK(story(talk) == "transient@rcpt");
}

TEST_CASE("reading_edges_effects_say_what_took_effect") {
  const auto effects = [](auto&& say) {
    Conversation talk = session();
    say(talk);
    return Seen(talk).observed.effects;
  };
  const auto exchange = [&](bool met, int rule) {
    return effects([&](Conversation& talk) {
      journal::event::Exchange one;
      one.stage = Stage::noop;
      one.line = one.verb = "NOOP";
      one.number = 9;
      one.met = met;
      one.rule = rule;
      talk.exchange(one);
    });
  };
  CHECK_FALSE(exchange(false, 0).any());
  CHECK_FALSE(exchange(false, 5).any());
  CHECK(exchange(true, 0).extensions);
  CHECK(exchange(true, 0).rules.empty());
  CHECK(exchange(true, 1).rules == std::set<int>{1});
  CHECK(exchange(true, 1).stages == std::set<Stage>{Stage::noop});
  CHECK_FALSE(exchange(true, 1).extensions);
  // What took effect once has taken effect.
  const auto met_tls = [](Conversation& talk) { talk.tls(false); };
  CHECK(effects(met_tls).tls);
  CHECK(effects([](Conversation& talk) {
          talk.asked("a.test", true, true).asked("a.test", true);
        }).names);
  CHECK_FALSE(effects([](Conversation& talk) { talk.asked("a.test", false, true); }).names);
  CHECK_FALSE(effects([](Conversation& talk) { talk.asked("a.test", true); }).names);
}

TEST_CASE("reading_edges_a_time_scale_may_slow_time_down") {
  journal::event::Run run;
  run.time_scale = 0.5;
  CHECK(Seen(handed().run(run)).observed.time_scale == 0.5);
}

TEST_CASE("reading_edges_a_try_ends_when_its_fate_is_known") {
  const auto end = [](auto&& say) {
    Conversation talk = session();
    say(talk);
    return last_try(Seen(talk)).end;
  };
  // Left by itself: with the command that left it.
  CHECK(end([](Conversation& talk) {
          talk.mail().rcpt().wait(1min).exchange(Stage::rset, "RSET", "250 Ok").wait(1h).quit();
        }) == 1min + 50ms);
  // Lost: with the connection, for nobody knew before.
  CHECK(end([](Conversation& talk) {
          talk.mail().rcpt("", "b@rcpt.test").wait(1min).end(EndedBy::server, Stage::rcpt);
        }) == 1min + 50ms);
  // Answered with what is no answer: at once.
  CHECK(end([](Conversation& talk) {
          talk.mail().rcpt().data("250 Ok").wait(1min).end(EndedBy::client_closed, Stage::data);
        }) == 50ms);
  // Not answered, and left by RSET: with the command.
  CHECK(end([](Conversation& talk) {
          talk.mail().rcpt("").wait(1min).exchange(Stage::rset, "RSET", "250 Ok").wait(1h).quit();
        }) == 40ms);
  // Cut off: with the journal.
  CHECK(end([](Conversation& talk) { talk.mail().rcpt("").finish(1h); }) == 1h);
}

TEST_CASE("reading_edges_who_was_cut_off_has_not_failed") {
  CHECK(story(session().mail().rcpt("").finish(1h)) == "cut off@rcpt");
  CHECK(story(session().mail().rcpt("").end(EndedBy::server_stop, Stage::rcpt)) == "cut off@rcpt");
  CHECK(story(session().mail().rcpt("").end(EndedBy::server, Stage::rcpt)) == "trouble@rcpt");
  CHECK(story(session().mail().rcpt().end(EndedBy::server_stop, Stage::data)) == "cut off@data");
  Conversation silent = handed();
  silent.connect(1, 0s)
      .held(Stage::greeting, "", 1h, "")
      .end(EndedBy::server_stop, Stage::greeting);
  CHECK(story(silent) == "cut off@greeting");
  Conversation hangs = handed();
  hangs.connect(1, 0s).finish(1h);
  CHECK(story(hangs) == "cut off@connect");
}

TEST_CASE("reading_edges_a_message_is_taken_by_a_reply_or_by_the_word_of_the_server") {
  // The journal lost the word.
  Conversation reply = session();
  reply.mail().rcpt().data().content().exchange(Stage::message, ".", "250 Ok").quit();
  CHECK(story(reply) == "accepted@message");
  // There was no reply, or one that denies it.
  Conversation word = session();
  word.mail().rcpt().data().content().accepted().end(EndedBy::server, Stage::message);
  CHECK(story(word) == "accepted@message(unheard)");
  Conversation denies = session();
  denies.mail().rcpt().data().content().exchange(Stage::message, ".", "451 No").accepted().quit();
  CHECK(story(denies) == "accepted@message(unheard)");
}

TEST_CASE("reading_edges_a_late_reply_is_doubtful_for_a_minute_or_a_second_of_real_time") {
  const auto heard = [](Duration after, double scale) {
    journal::event::Run run;
    run.time_scale = scale;
    Conversation talk = session();
    talk.run(run).mail().rcpt().data().content().held(Stage::message, ".", 1h, "250 Ok");
    const Moment answered = 1h + 80ms; // when the reply came
    talk.resume(1, answered).accepted();
    talk.resume(1, answered + after).end(EndedBy::client_closed, Stage::message);
    return story(talk);
  };
  CHECK(heard(1min - 1us, 1) == "accepted@message(unheard)");
  CHECK(heard(1min, 1) == "accepted@message");
  CHECK(heard(1h - 1us, 3600) == "accepted@message(unheard)");
  CHECK(heard(1h, 3600) == "accepted@message");
}

TEST_CASE("reading_edges_that_there_is_no_tls_is_no_refusal_of_the_message") {
  const auto refused = [](std::string_view reply) {
    Conversation talk = session();
    return story(talk.exchange(Stage::starttls, "STARTTLS", reply).quit());
  };
  CHECK(refused("554 No") == "trouble@starttls");
  CHECK(refused("454 No") == "transient@starttls");
}

TEST_CASE("reading_edges_a_refused_hello_is_no_probe") {
  const auto refused = [](std::string_view reply) {
    Conversation talk = handed();
    return story(talk.session(1, 0s).ehlo(reply).quit());
  };
  CHECK(refused("400 No") == "transient@ehlo");
  CHECK(refused("554 No") == "permanent@ehlo");
  CHECK(refused("250 mx").empty());
}

TEST_CASE("reading_edges_a_fall_back_that_failed_ends_nothing") {
  const auto ended = [](std::string_view reply) {
    Conversation talk = session();
    talk.exchange(Stage::starttls, "STARTTLS", "220 Go").tls(false);
    talk.end(EndedBy::client_closed, Stage::handshake);
    talk.session(2, 1s).ehlo().mail(reply);
    if (reply[0] == '2') talk.rcpt().data().content().message();
    const Seen seen(talk.quit());
    REQUIRE(last_try(seen).clear_text_fallback);
    return seen.observed.messages[0].deliveries[0].ended_by_a_further_step();
  };
  CHECK(ended("250 Ok"));
  CHECK_FALSE(ended("452 No"));
  // What is done with stays so.
  Conversation again = session();
  again.deliver().session(2, 1h).ehlo().mail("452 No").quit();
  CHECK(Seen(again).observed.messages[0].deliveries[0].finished());
}

TEST_CASE("reading_edges_a_sender_s_role_is_concluded_when_it_is_gone") {
  const auto role = [](std::size_t tries, bool ended, bool falls_back = false) {
    Conversation talk = handed();
    talk.sender_started();
    if (falls_back) {
      talk.session(9, 1s).ehlo().exchange(Stage::starttls, "STARTTLS", "220 Go").tls(false);
      talk.end(EndedBy::client_closed, Stage::handshake);
    }
    for (std::size_t i = 1; i <= tries; ++i)
      talk.session(i, 2s + (i - 1) * 1h).ehlo().refused();
    if (ended) talk.sender_ended(0);
    return judge(test::expecting({}), talk.journal()).role;
  };
  CHECK(role(1, true) == "one-shot");
  CHECK(role(1, false) == "queueing");
  CHECK(role(2, true) == "queueing");
  CHECK(role(3, true) == "queueing");
  CHECK(role(1, true, true) == "one-shot");
}

TEST_CASE("reading_edges_the_run_may_be_said_after_other_events") {
  std::string text = session().deliver().text();
  journal::Event event;
  journal::event::Run run;
  run.role = "one-shot";
  event.body = run;
  journal::encode(event, 1000, text);
  const CaseVerdict verdict = judge(test::expecting({}), journal::Journal::decode(text));
  CHECK(verdict.role == "one-shot");
  CHECK(verdict.role_is_declared);
  // What is said to the judge itself counts more.
  CHECK(judge(test::expecting({}), journal::Journal::decode(text), {"", "queueing"}).role ==
        "queueing");
}

TEST_CASE("reading_edges_a_process_ends_for_the_messages_that_it_was_given") {
  const auto ends = [](const std::vector<journal::event::Process>& processes) {
    Conversation talk;
    talk.handover("1").handover("2", {"c@rcpt.test"});
    for (const auto& one : processes)
      talk.process(one);
    const Seen seen(talk);
    std::string known;
    for (const Message& message : seen.observed.messages)
      known += seen.observed.process_end(message) == nullptr ? '-' : '+';
    return known;
  };
  CHECK(ends({process(false, "1")}) == "+-");
  CHECK(ends({process(false, "2 1")}) == "++");
  CHECK(ends({process(false)}) == "++");
  CHECK(ends({process(false), process(false)}) == "--"); // nobody knows which
  CHECK(ends({process(true, "1")}) == "--");
  // A message of which nobody told us is the only command's.
  Conversation guessed;
  guessed.process(process(false, "1")).session(1, 0s).ehlo().refused();
  const Seen seen(guessed);
  CHECK(seen.observed.process_end(seen.observed.messages.at(0)) != nullptr);
  CHECK_FALSE(seen.observed.caller_was_told(seen.observed.messages.at(0)));
}

TEST_CASE("reading_edges_a_caller_is_told_by_a_status_or_a_line") {
  const auto told = [](std::string_view role, int status,
                       const std::vector<std::pair<std::string_view, std::string_view>>& lines) {
    journal::event::Run run;
    run.role = role;
    Conversation talk;
    talk.run(run).handover().handover("2", {"c@rcpt.test"});
    for (const auto& [handover, result] : lines)
      talk.result(handover, result);
    const Seen seen(talk.process(process(false, {}, status)));
    return seen.observed.caller_was_told(seen.observed.messages[0]);
  };
  CHECK(told("", 75, {}));
  CHECK_FALSE(told("", 0, {}));
  CHECK(told("", 0, {{"1", "temporary"}}));
  CHECK_FALSE(told("", 0, {{"1", "delivered"}}));
  CHECK_FALSE(told("", 0, {{"2", "temporary"}}));
  CHECK_FALSE(told("queueing", 75, {{"1", "temporary"}}));
  CHECK(told("one-shot", 0, {}));
}

TEST_CASE("reading_edges_a_sender_is_gone_when_every_process_has_ended_by_itself") {
  const auto gone = [](const std::vector<journal::event::Process>& processes) {
    Conversation talk = handed();
    for (const auto& one : processes)
      talk.process(one);
    return Seen(talk).observed.sender_has_ended();
  };
  CHECK(gone({process(true), process(false)}));
  CHECK(gone({process(false)}));
  CHECK_FALSE(gone({}));
  CHECK_FALSE(gone({process(true)}));
  CHECK_FALSE(gone({process(true), process(true), process(false)}));
  CHECK(gone({process(true), process(true), process(false), process(false)}));
  CHECK_FALSE(gone({process(true), process(false), process(true)}));
  CHECK(gone({process(false), process(true), process(false)}));
  CHECK_FALSE(gone({process(true), process(false, {}, 143, ProcessEnd::timeout)}));
  journal::event::Process queues = process(false);
  queues.queue = true;
  CHECK_FALSE(gone({process(true), queues}));
}

TEST_CASE("reading_edges_requests_are_read_to_the_last_letter") {
  CHECK(read_esmtp_requests("ret=az{`").ret == "AZ{`");
  CHECK(decode_xtext("+30+39+41+5A+0A") == std::string("09AZ\n"));
  CHECK(decode_xtext("+AF") == "\xAF");
  for (const auto* plain :
       {"+", "a+", "+4", "a+4", "+G0", "+0G", "+:0", "+0:", "+/0", "+0/", "+@0", "+0@"})
    CHECK(decode_xtext(plain) == plain);
  CHECK(comparable_orcpt("\tRFC822\t;\tB@c\t") == "rfc822;B@c");
  CHECK(comparable_orcpt(" ; ") == ";");
  CHECK(words_of("  a  bc ") == std::vector<std::string_view>{"a", "bc"});
  CHECK(words_of("").empty());
}

TEST_CASE("reading_edges_an_extension_is_offered_by_the_last_hello_before_mail") {
  const auto offered = [](auto&& say) {
    Conversation talk = handed();
    talk.session(1, 0s);
    say(talk);
    const Seen seen(talk);
    return is_offered(seen.observed, first(seen), "DSN");
  };
  constexpr const char* with = "250-mx\r\n250 DSN";
  CHECK(offered([](Conversation& talk) { talk.ehlo(with).mail(); }));
  CHECK(offered([](Conversation& talk) { talk.ehlo("250-mx\r\n250-dsn\r\n250 SIZE").mail(); }));
  CHECK_FALSE(offered([](Conversation& talk) { talk.mail(); }));
  CHECK_FALSE(offered([](Conversation& talk) { talk.ehlo("250-mx\r\n250 DSNX").mail(); }));
  CHECK_FALSE(offered([](Conversation& talk) { talk.ehlo(with).ehlo().mail(); }));
  CHECK_FALSE(offered([](Conversation& talk) { talk.ehlo().mail().ehlo(with); }));
  CHECK(offered(
      [](Conversation& talk) { talk.ehlo(with).exchange(Stage::noop, "NOOP", "250 Ok").mail(); }));
}

TEST_CASE("reading_edges_requests_are_seen_in_mail_and_rcpt_of_messages") {
  Conversation talk = session();
  talk.mail("250 Ok", "a@sender.test", " ret=HDRS ENVID=x");
  talk.exchange(Stage::rcpt, "RCPT TO:<b@rcpt.test> NOTIFY=NEVER", "250 Ok").quit();
  talk.session(2, 1min)
      .ehlo()
      .mail("250 Ok", "", " RET=FULL")
      .rcpt("250 Ok", "a@sender.test")
      .quit();
  CHECK(requests_seen(Seen(talk).observed) == "NOTIFY");
  Conversation mail = session();
  mail.mail("250 Ok", "a@sender.test", " RET=HDRS").rcpt().quit();
  CHECK(requests_seen(Seen(mail).observed) == "RET");
}
