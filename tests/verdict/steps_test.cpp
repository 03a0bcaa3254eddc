// Which tries are further steps of the one before them, in clear text or at another host, and when a try that still
// hangs at the end is taken to have ended.
#include "seen.hpp"
#include "support/catch.hpp"
#include "verdict/claims.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using test::Seen;
using namespace std::chrono_literals;

namespace {

const std::vector<Try>& tries_of(const Seen& seen) {
  return seen.observed.messages.at(0).deliveries.at(0).tries;
}

/// A first connection as `fails` says, and a delivery ten seconds later, in TLS or in clear text.
template <typename Fails>
std::string after_tls(Fails&& fails, bool tls_again = false, bool fails_again = false) {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo();
  fails(talk);
  talk.session(2, 10s).ehlo();
  if (tls_again || fails_again) {
    talk.exchange(Stage::starttls, "STARTTLS", "220 Go").tls(!fails_again);
    talk.ehlo();
  }
  talk.deliver();
  return Seen(talk).story();
}

void handshake_fails(Conversation& talk) {
  talk.exchange(Stage::starttls, "STARTTLS", "220 Go").tls(false);
  talk.end(EndedBy::client_closed, Stage::handshake);
}

/// Fails at one host with `fails`, and comes to another so long after that.
template <typename Fails>
bool goes_on_elsewhere(Fails&& fails, Duration after) {
  Conversation talk;
  talk.handover().at("mx1.rcpt.test").session(1, 0s).ehlo();
  fails(talk);
  const Moment end = tries_of(Seen(talk)).back().end;
  talk.at("mx2.rcpt.test").session(2, end + after).ehlo().deliver();
  return tries_of(Seen(talk)).back().at_next_host;
}

void refused(Conversation& talk) {
  talk.mail().rcpt("452 Full").quit();
}

} // namespace

TEST_CASE("steps_clear_text_after_tls_failed_is_the_same_try") {
  CHECK(after_tls(handshake_fails) == "trouble@handshake accepted@message(fallback)");
  CHECK(after_tls(handshake_fails, true) == "trouble@handshake accepted@message");
  CHECK(after_tls(handshake_fails, true, true) == "trouble@handshake accepted@message");
  CHECK(after_tls(refused) == "transient@rcpt accepted@message"); // TLS had no part in it
  // TLS was refused, and the message was tried all the same: what comes next is another try.
  const auto went_on = [](Conversation& talk) {
    talk.exchange(Stage::starttls, "STARTTLS", "454 Not now");
    refused(talk);
  };
  CHECK(after_tls(went_on) == "transient@rcpt accepted@message");
}

TEST_CASE("steps_another_host_within_a_minute_is_the_same_try") {
  CHECK(goes_on_elsewhere(refused, 1min - 1us));
  CHECK_FALSE(goes_on_elsewhere(refused, 1min));
  const auto unheard = [](Conversation& talk) {
    talk.mail().rcpt().data().content().silence("close", true);
    talk.end(EndedBy::server, Stage::message);
  };
  CHECK(goes_on_elsewhere(unheard, 1s));
  const auto heard = [](Conversation& talk) { talk.deliver(); };
  CHECK_FALSE(goes_on_elsewhere(heard, 1s));
  const auto for_good = [](Conversation& talk) { talk.mail().rcpt("550 No").quit(); };
  CHECK_FALSE(goes_on_elsewhere(for_good, 1s));
}

TEST_CASE("steps_a_host_that_is_not_known_is_no_other_host") {
  Conversation talk;
  talk.handover();
  talk.session(1, 10s).ehlo().deliver(); // at a server without a name
  talk.at("mx1.rcpt.test").session(2, 0s).ehlo();
  refused(talk);
  const Seen seen(talk);
  REQUIRE(seen.story() == "transient@rcpt accepted@message");
  CHECK_FALSE(tries_of(seen).back().at_next_host);
}

TEST_CASE("steps_a_try_that_hangs_to_the_end_was_given_up_with_the_last_that_was_heard_on_it") {
  const auto ended = [](auto&& say) {
    Conversation talk;
    talk.handover().session(1, 0s).ehlo();
    say(talk);
    talk.session(2, 2h).ehlo().deliver().finish(3h);
    const Seen seen(talk);
    REQUIRE(seen.story().starts_with("trouble"));
    return tries_of(seen).front().end;
  };
  // Each step takes ten milliseconds; a moment is that at which its reply was given.
  CHECK(ended([](Conversation& talk) { talk.mail(); }) == 30ms);
  CHECK(ended([](Conversation& talk) { talk.mail().wait(1min).rcpt(); }) == 1min + 40ms);
  CHECK(ended([](Conversation& talk) { talk.mail().rcpt().wait(1min).data(); }) == 1min + 50ms);
  CHECK(ended([](Conversation& talk) { talk.mail().rcpt().data().wait(1min).content(); }) ==
        1min + 60ms);
}

TEST_CASE("steps_a_server_that_stops_as_the_next_try_begins_has_cut_it_off") {
  const auto story = [](Moment stop) {
    Conversation talk;
    talk.handover().session(1, 0s).ehlo().mail().rcpt();
    talk.resume(1, stop).end(EndedBy::server_stop, Stage::data);
    talk.session(2, 2h).ehlo().deliver();
    return Seen(talk).story();
  };
  CHECK(story(2h) == "cut off@data accepted@message");
  CHECK(story(2h + 1us) == "trouble@data accepted@message");
}

TEST_CASE("steps_mail_refused_when_all_have_the_message_is_a_try_for_all") {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().deliver();
  talk.session(2, 1h).ehlo().mail("452 Full").quit();
  CHECK(Seen(talk).story() == "accepted@message transient@mail");
}

TEST_CASE("steps_where_a_host_sends_messages_on_their_content_tells_them_apart") {
  scenario::Scenario scenario;
  scenario.name = "case";
  Conversation talk;
  talk.handover();
  for (std::uint32_t hops = 0; hops < 2; ++hops) {
    journal::event::Content content;
    content.message_id = "m1@sender.test";
    content.received_fields = hops;
    talk.session(hops + 1, hops * 1min).ehlo().mail().rcpt().data().content(content);
    talk.message().quit();
  }
  const journal::Journal journal = talk.journal();
  const Case told = observe(scenario, journal);
  REQUIRE(told.messages.size() == 1);
  CHECK(told.messages[0].handover != nullptr);
  CHECK(told.messages[0].deliveries[0].tries.size() == 2);
  scenario.server.forward.emplace();
  const Case sent_on = observe(scenario, journal);
  REQUIRE(sent_on.messages.size() == 2);
  for (const Message& message : sent_on.messages) {
    CHECK(message.handover == nullptr);
    CHECK(message.deliveries[0].tries.size() == 1);
  }
}

TEST_CASE("steps_what_failed_before_tells_nothing_of_a_copy_that_was_accepted_without_a_reply") {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().mail("452 Full").quit();
  talk.session(2, 1h).ehlo().mail().rcpt().data().content().silence("close", true);
  talk.end(EndedBy::server, Stage::message);
  const Seen seen(talk);
  REQUIRE(seen.story() == "transient@mail accepted@message(unheard)");
  CHECK(actual_result_of(seen.observed, seen.observed.messages[0].deliveries[0]) ==
        ActualResult::in_doubt);
}

TEST_CASE("steps_the_last_line_of_a_result_file_counts_and_one_that_names_the_recipient_more") {
  using journal::event::Result;
  const auto said = [](const std::vector<Result>& lines) {
    Conversation talk;
    talk.handover("1", {"b@rcpt.test", "c@rcpt.test"});
    for (const Result& line : lines)
      talk.result(line);
    const Seen seen(talk);
    const Message& message = seen.observed.messages[0];
    const auto claim = Claims(seen.observed).about(message, message.deliveries[0]);
    return claim ? std::string(to_string(claim->result)) : std::string();
  };
  CHECK(said({{"1", {}, "temporary"}, {"1", {}, "permanent"}}) == "failed permanently");
  CHECK(said({{"1", "B@rcpt.test", "delivered"}, {"1", {}, "permanent"}}) == "was sent");
  CHECK(said({{"1", {}, "permanent"}, {"1", "b@rcpt.test", "delivered"}}) == "was sent");
  CHECK(said({{"1", {}, "delivered"}, {"1", "c@rcpt.test", "permanent"}}) == "was sent");
  CHECK(said({{"1", "c@rcpt.test", "permanent"}}).empty());
  CHECK(said({{"2", {}, "permanent"}}).empty());
}
