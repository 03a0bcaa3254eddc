// Several hosts: which a sender goes to, in what order, and what it makes of those that are dead.
#include "conversation.hpp"
#include "findings.hpp"
#include "seen.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

/// A scenario with these hosts, of which each is "NAME PREFERENCE"; no preference: no MX leads there.
scenario::Scenario with_hosts(const std::vector<std::pair<std::string, int>>& hosts,
                              std::vector<scenario::Expectation> expectations) {
  scenario::Scenario scenario = test::expecting(std::move(expectations));
  scenario.names.emplace();
  scenario.names->domains = {"rcpt.test"};
  for (const auto& [name, preference] : hosts) {
    scenario::Host host;
    host.name = name;
    host.label = name;
    scenario.hosts.push_back(host);
    if (preference >= 0)
      scenario.names->records.push_back({"rcpt.test",
                                         scenario::RecordType::mx,
                                         std::to_string(preference) + " " + name + ".",
                                         {},
                                         {}});
  }
  return scenario;
}

Finding found(const scenario::Scenario& scenario, const Conversation& talk) {
  const journal::Journal journal = talk.journal();
  REQUIRE(journal.bad_lines().empty());
  return test::finding(judge(scenario, journal), scenario.sender.front().name);
}

/// The server resets the connection before it says a word.
Conversation& reset(Conversation& talk, std::uint64_t session, Moment at, const std::string& host) {
  return talk.at(host)
      .connect(session, at)
      .exchange(Stage::connect, {}, {}, "reset", 3)
      .end(EndedBy::server, Stage::connect);
}

const std::vector<std::pair<std::string, int>> two = {{"mx1.test", 10}, {"mx2.test", 20}};

} // namespace

TEST_CASE("hosts_that_are_gone_to_at_once_are_steps_of_the_same_try") {
  Conversation talk;
  talk.at("mx1.test").session(1, 0s).ehlo().refused();
  talk.at("mx2.test").session(2, 1s).ehlo().refused();
  talk.at("mx1.test").session(3, 40min).ehlo().refused();
  talk.at("mx2.test").session(4, 40min + 1s).ehlo().deliver();
  const test::Seen seen(talk);
  const Delivery& delivery = seen.observed.messages.at(0).deliveries.at(0);
  REQUIRE(delivery.tries.size() == 4);
  CHECK_FALSE(delivery.tries[0].at_next_host);
  CHECK(delivery.tries[1].at_next_host);
  CHECK_FALSE(delivery.tries[2].at_next_host);
  CHECK(delivery.tries[3].at_next_host);
  CHECK(delivery.counted_tries().size() == 2);
  CHECK(delivery.next(delivery.tries[0]) == &delivery.tries[2]);
  CHECK(delivery.ended_by_a_further_step());
}

TEST_CASE("hosts_that_come_later_or_again_or_after_a_refusal_for_good_are_new_tries") {
  const auto second = [](const char* first_reply, Duration after, const char* host,
                         double scale = 1) {
    journal::event::Run run;
    run.time_scale = scale;
    Conversation talk;
    talk.run(run);
    talk.at("mx1.test").session(1, 0s).ehlo().mail(first_reply).quit();
    talk.at(host).session(2, 50ms + after).ehlo().deliver();
    const test::Seen seen(talk);
    return seen.observed.messages.at(0).deliveries.at(0).tries.at(1).at_next_host;
  };
  CHECK(second("452 Full", 0s, "mx2.test"));
  CHECK(second("452 Full", 59s, "mx2.test"));
  CHECK_FALSE(second("452 Full", 61s, "mx2.test"));
  CHECK_FALSE(second("452 Full", 0s, "mx1.test"));
  // An hour a second: a machine that is busy for a quarter of that takes a quarter of an hour for it.
  CHECK(second("452 Full", 14min, "mx2.test", 3600));
  CHECK_FALSE(second("452 Full", 15min, "mx2.test", 3600));
  // After a 5yz the next host is asked again what the domain has answered.
  Conversation refused;
  refused.handover().at("mx1.test").session(1, 0s).ehlo().mail("550 No").quit();
  refused.at("mx2.test").session(2, 1s).ehlo().deliver();
  CHECK(found(with_hosts(two, {test::must("no-retry")}), refused).outcome == Outcome::fail);
}

TEST_CASE("hosts_take_what_another_did_not_and_no_retry_is_missed") {
  const auto ends = [](const char* reply) {
    Conversation talk;
    talk.handover().sender_started();
    talk.at("mx1.test").session(1, 0s).ehlo().refused();
    talk.at("mx2.test").session(2, 1s).ehlo();
    if (reply[0] == '2')
      talk.deliver();
    else
      talk.mail(reply).quit();
    talk.sender_ended(0).finish(6h);
    return found(with_hosts(two, {test::must("retry")}), talk).outcome;
  };
  CHECK(ends("250 Ok") == Outcome::pass);
  CHECK(ends("550 No") == Outcome::pass);
  CHECK(ends("451 Later") == Outcome::fail);
}

TEST_CASE("hosts_intervals_begin_when_the_last_of_them_has_failed") {
  Conversation talk;
  talk.handover().at("mx1.test").session(1, 0s).ehlo().refused();
  talk.at("mx2.test").session(2, 50s).ehlo().refused();
  talk.at("mx1.test").session(3, 30min + 10s).ehlo().refused();
  const auto early = [&](Duration least) {
    return found(with_hosts(two, {test::must("first-retry",
                                             scenario::Range<Duration>{least, std::nullopt})}),
                 talk)
        .outcome;
  };
  CHECK(early(29min) == Outcome::pass);
  CHECK(early(30min) == Outcome::fail);
}

TEST_CASE("hosts_one_after_the_other_are_no_want_of_a_pause_and_rounds_without_one_are") {
  const auto pauses = [](Duration between, int rounds) {
    Conversation talk;
    talk.handover();
    std::uint64_t session = 0;
    for (int round = 0; round < rounds; ++round)
      for (int host = 1; host <= 10; ++host)
        reset(talk, ++session, 1h + round * between + host * 1s,
              "mx" + std::to_string(host) + ".test");
    return test::finding(judge(with_hosts(two, {}), talk.journal()), "pause");
  };
  CHECK(pauses(30min, 5).outcome == Outcome::pass);
  CHECK(pauses(30s, 3).outcome == Outcome::pass);
  const Finding hammers = pauses(30s, 4);
  CHECK(hammers.outcome == Outcome::fail);
  CHECK_THAT(hammers.actual, Catch::Contains("4 tries for b@rcpt.test within 1m"));
}

TEST_CASE("hosts_in_order_of_preference") {
  const scenario::Scenario ordered = with_hosts(two, {test::must("in-order")});
  Conversation best;
  best.at("mx1.test").session(1, 0s).ehlo().deliver();
  CHECK(found(ordered, best).outcome == Outcome::pass);
  Conversation worst;
  worst.at("mx2.test").session(1, 0s).ehlo().deliver();
  const Finding wrong = found(ordered, worst);
  CHECK(wrong.outcome == Outcome::fail);
  CHECK(wrong.actual == "the sender contacted mx2.test although nothing had failed at mx1.test");
  CHECK(wrong.evidence.size() == 1);
  // Right and unusual: the second after a 4yz, an hour later, or for good, because the first is known to be dead.
  Conversation later;
  reset(later, 1, 0s, "mx1.test");
  later.at("mx2.test").session(2, 1h).ehlo().deliver();
  later.at("mx2.test").session(3, 2h).ehlo().deliver("m2@sender.test");
  CHECK(found(ordered, later).outcome == Outcome::pass);
  // What the first took gives no reason.
  Conversation took;
  took.at("mx1.test").session(1, 0s).ehlo().deliver();
  took.at("mx2.test").session(2, 1h).ehlo().deliver("m2@sender.test");
  CHECK(found(ordered, took).outcome == Outcome::fail);
  // A look at the second is no try.
  Conversation peeked;
  peeked.at("mx2.test").session(1, 0s).ehlo().quit();
  peeked.at("mx1.test").session(2, 1h).ehlo().deliver();
  CHECK(found(ordered, peeked).outcome == Outcome::pass);
  // Nor does a look at the first give a reason.
  Conversation looked;
  looked.at("mx1.test").session(1, 0s).ehlo().quit();
  looked.at("mx2.test").session(2, 1h).ehlo().deliver();
  CHECK(found(ordered, looked).outcome == Outcome::fail);
  CHECK(found(ordered, Conversation().query("rcpt.test").sender_started()).outcome ==
        Outcome::not_applicable);
}

TEST_CASE("hosts_in_order_where_the_first_was_gone_to_and_said_no_word_of_having_taken_it") {
  const scenario::Scenario ordered = with_hosts(two, {test::must("in-order")});
  Conversation lost;
  lost.at("mx1.test").session(1, 0s).ehlo().mail().rcpt().data().content();
  lost.silence("accept reset", true).end(EndedBy::server, Stage::message);
  lost.at("mx2.test").session(2, 1s).ehlo().deliver();
  CHECK(found(ordered, lost).outcome == Outcome::pass);
  // A greeting that refuses is no look at the port, though the next connection follows at once.
  Conversation refused;
  refused.at("mx1.test").session(1, 0s, "421 Down").end(EndedBy::server, Stage::greeting);
  refused.at("mx2.test").session(2, 100ms).ehlo().deliver();
  CHECK(found(ordered, refused).outcome == Outcome::pass);
}

TEST_CASE("hosts_that_can_not_be_seen_are_passed_over_rightly") {
  Conversation second;
  second.at("mx2.test").session(1, 0s).ehlo().deliver();
  scenario::Scenario refuses = with_hosts(two, {test::must("in-order")});
  refuses.hosts[0].server.listen = scenario::Listen{scenario::ListenAnswer::refused, {}, {}, {}};
  CHECK(found(refuses, second).outcome == Outcome::pass);
  // No host has the name of the best record.
  scenario::Scenario absent = with_hosts({{"mx2.test", 20}}, {test::must("in-order")});
  absent.names->records.push_back({"rcpt.test", scenario::RecordType::mx, "10 gone.test.", {}, {}});
  CHECK(found(absent, second).outcome == Outcome::pass);
  CHECK(found(with_hosts({{"mx1.test", 20}, {"mx2.test", 20}}, {test::must("in-order")}), second)
            .outcome == Outcome::pass);
  // The better one is another domain's.
  scenario::Scenario other = with_hosts({{"mx2.test", 20}}, {test::must("in-order")});
  scenario::Host better;
  better.name = "mx1.test";
  other.hosts.push_back(better);
  other.names->records.push_back({"other.test", scenario::RecordType::mx, "10 mx1.test.", {}, {}});
  other.names->records.push_back({"other.test", scenario::RecordType::mx, "20 mx2.test.", {}, {}});
  CHECK(found(other, second).outcome == Outcome::pass);
}

TEST_CASE("hosts_of_the_same_preference_each_have_their_share") {
  const std::vector<std::pair<std::string, int>> equals = {
      {"a.test", 10}, {"b.test", 10}, {"c.test", 10}, {"backup.test", 20}};
  const auto spread = [&](const std::vector<std::string>& hosts, std::size_t count) {
    Conversation talk;
    for (std::size_t i = 0; i < count; ++i)
      talk.at(hosts[i % hosts.size()])
          .session(i + 1, i * 1min)
          .ehlo()
          .deliver("m" + std::to_string(i));
    scenario::Scenario scenario = with_hosts(equals, {test::must("spread")});
    scenario.met.session = true;
    scenario.names->records.push_back(
        {"other.test", scenario::RecordType::mx, "10 others.test.", {}, {}});
    return judge(scenario, talk.journal());
  };
  // A fair choice leaves one of three out 26 times in less than one of ten thousand cases.
  const CaseVerdict fair = spread({"a.test", "b.test", "c.test"}, 26);
  CHECK(test::finding(fair, "spread").outcome == Outcome::pass);
  CHECK(test::finding(fair, "spread").actual == "connections: a.test 9, b.test 9, c.test 8");
  CHECK(fair.met);
  const Finding idle = test::finding(spread({"a.test", "c.test"}, 26), "spread");
  CHECK(idle.outcome == Outcome::fail);
  CHECK(idle.actual == "b.test got none of 26 connections");
  CHECK(idle.expected == "each of the 3 hosts of equal preference gets connections");
  const CaseVerdict few = spread({"a.test", "c.test"}, 25);
  CHECK(test::finding(few, "spread").outcome == Outcome::not_applicable);
  CHECK_FALSE(few.met);
  CHECK(few.not_met == "there were 25 connections, but at least 26 are needed to show whether "
                       "hosts are chosen at random");
  // One host alone has all of it.
  Conversation one;
  one.at("a.test").session(1, 0s).ehlo().deliver();
  CHECK(found(with_hosts({{"a.test", 10}}, {test::must("spread")}), one).outcome == Outcome::pass);
  // Connections to a backup are none to the equals.
  CHECK_FALSE(spread({"a.test", "b.test", "c.test", "backup.test"}, 30).met);
}
