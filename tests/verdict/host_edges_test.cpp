// Hosts, names and loops at the bounds: what counts as dead, as gone to, as sent back.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

constexpr auto fail = Outcome::fail;
constexpr auto pass = Outcome::pass;
constexpr auto none = Outcome::not_applicable;

/// Hosts "NAME", and the MX records of their domains: "DOMAIN PREFERENCE NAME".
struct Mx {
  std::string domain;
  int preference;
  std::string host;
};
scenario::Scenario with_hosts(const std::vector<Mx>& records, scenario::Expectation expectation) {
  scenario::Scenario scenario = test::expecting({std::move(expectation)});
  scenario.names.emplace();
  for (const Mx& record : records) {
    if (std::find(scenario.names->domains.begin(), scenario.names->domains.end(), record.domain) ==
        scenario.names->domains.end())
      scenario.names->domains.push_back(record.domain);
    scenario::Host host;
    host.name = host.label = record.host;
    scenario.hosts.push_back(host);
    scenario.names->records.push_back({record.domain,
                                       scenario::RecordType::mx,
                                       std::to_string(record.preference) + " " + record.host + ".",
                                       {},
                                       {}});
  }
  return scenario;
}
Finding found(const scenario::Scenario& scenario, const Conversation& talk, std::string_view rule) {
  return test::finding(judge(scenario, talk.journal()), rule);
}
Finding found(const Conversation& talk, const char* rule, scenario::ExpectationValue value = {}) {
  return found(test::expecting({test::must(rule, std::move(value))}), talk, rule);
}

} // namespace

TEST_CASE("host_edges_who_sends_to_a_decoy_is_told_so_without_an_expectation") {
  scenario::Scenario scenario = with_hosts(
      {{"rcpt.test", 10, "mx1.test"}, {"rcpt.test", 20, "trap.test"}}, test::must("retry"));
  Conversation talk;
  talk.at("mx1.test").session(1, 0s).ehlo().deliver();
  CHECK(found(scenario, talk, "untouched").outcome == none);
  scenario.hosts[1].decoy = true;
  CHECK(found(scenario, talk, "untouched").outcome == pass);
  talk.at("trap.test").session(2, 1min).ehlo().quit();
  CHECK(found(scenario, talk, "untouched").actual == "the sender contacted trap.test");
}

TEST_CASE("host_edges_equals_are_those_of_the_first_domain_s_best_preference") {
  const auto finding = [](const std::vector<Mx>& records, int connections, bool probes = false) {
    Conversation talk;
    std::uint64_t session = 0;
    for (int i = 0; i < connections; ++i) {
      talk.at(records[static_cast<std::size_t>(i) % records.size()].host)
          .session(++session, session * 1h);
      if (probes)
        talk.ehlo().quit();
      else
        talk.ehlo().refused();
    }
    return found(with_hosts(records, test::must("spread")), talk, "spread");
  };
  const std::vector<Mx> two = {{"rcpt.test", 10, "mx1.test"}, {"rcpt.test", 10, "mx2.test"}};
  CHECK(finding(two, 20).outcome == pass);
  CHECK(finding(two, 20, true).actual.starts_with("there were 0 connections"));
  const std::vector<Mx> highest = {{"rcpt.test", 65535, "mx1.test"},
                                   {"rcpt.test", 65535, "mx2.test"}};
  CHECK(finding(highest, 20).outcome == pass);
  // Another domain's better preference is no matter.
  const std::vector<Mx> domains = {
      {"rcpt.test", 10, "mx1.test"}, {"rcpt.test", 10, "mx2.test"}, {"other.test", 5, "mx3.test"}};
  CHECK(finding(domains, 60).expected ==
        "each of the 2 hosts of equal preference gets connections");
  // One host alone: a single connection is enough, and none is too few.
  const std::vector<Mx> one = {{"rcpt.test", 10, "mx1.test"}, {"rcpt.test", 20, "mx2.test"}};
  Conversation elsewhere;
  elsewhere.at("mx2.test").session(1, 0s).ehlo().refused();
  CHECK(found(with_hosts(one, test::must("spread")), elsewhere, "spread").actual ==
        "there were 0 connections, but at least 1 are needed to show whether hosts are chosen at "
        "random");
  CHECK(finding(one, 1).outcome == pass);
}

TEST_CASE("host_edges_a_session_without_recipients_may_be_for_any_domain") {
  const std::vector<Mx> records = {{"rcpt.test", 10, "mx1.test"}, {"rcpt.test", 20, "mx2.test"}};
  const scenario::Scenario scenario = with_hosts(records, test::must("in-order"));
  Conversation talk;
  talk.at("mx2.test").session(1, 0s).ehlo().refused();
  CHECK(found(scenario, talk, "in-order").outcome == fail);
  Conversation other;
  other.at("mx2.test").session(1, 0s).ehlo().mail().rcpt("452 Full", "b@elsewhere.test").quit();
  CHECK(found(scenario, other, "in-order").outcome == pass);
}

TEST_CASE("host_edges_a_host_is_dead_that_said_nothing_to_go_on_with") {
  const auto said = [](std::string_view greeting) {
    Conversation talk;
    for (int i = 1; i <= 10; ++i)
      talk.handover(std::to_string(i), {"b@rcpt.test"});
    talk.session(1, 1h, greeting).end(EndedBy::server, Stage::greeting);
    return found(talk, "dead-host-remembered").actual;
  };
  for (const auto* alive : {"200 mx", "220 mx", "399 mx"})
    CHECK(said(alive) == "no host failed");
  for (const auto* dead : {"199 mx", "400 mx", "554 mx", ""})
    CHECK_THAT(said(dead), Catch::StartsWith("the sender made 1 connection to a dead host"));
}

TEST_CASE("host_edges_each_connection_to_a_dead_host_is_shown") {
  Conversation talk;
  for (int i = 1; i <= 10; ++i)
    talk.handover(std::to_string(i), {"b@rcpt.test"});
  for (std::uint64_t i = 1; i <= 6; ++i)
    talk.session(i, i * 1min, "421 Down").end(EndedBy::server, Stage::greeting);
  const Finding finding = found(talk, "dead-host-remembered");
  CHECK(finding.outcome == fail);
  CHECK(finding.evidence.size() == 6);
}

TEST_CASE("host_edges_what_arrives_as_the_host_is_given_up_did_not_wait_for_it") {
  const auto outcome = [](Duration after, bool delivered = true) {
    Conversation talk;
    talk.handover("1").handover("2", {"c@rcpt.test"});
    talk.at("dead.test").connect(1, 0s).resume(1, 1h).end(EndedBy::client_closed, Stage::connect);
    // It is accepted seventy milliseconds after its connection begins.
    talk.at("mx.test").session(2, 1h - 70ms + after).ehlo().mail();
    if (delivered)
      talk.rcpt("250 Ok", "c@rcpt.test").data().content().message().quit();
    else
      talk.rcpt("452 Full", "c@rcpt.test").quit();
    return found(talk, "not-delayed-by", std::string("dead.test")).outcome;
  };
  CHECK(outcome(0s) == pass);
  CHECK(outcome(1us) == fail);
  CHECK(outcome(0s, false) == none);
}

TEST_CASE("host_edges_connections_are_counted_in_words") {
  Conversation one;
  one.handover().sender_started().session(1, 1s).ehlo().deliver();
  CHECK(found(one, "connects").actual == "1 connection");
  one.session(2, 1min).ehlo().quit();
  CHECK(found(one, "connects").actual == "2 connections");
  // Who asked for names may have nowhere to go, where names are what goes wrong.
  Conversation asked;
  asked.handover().sender_started().query("rcpt.test").sender_ended(75);
  const Finding never = found(asked, "connects");
  CHECK(never.outcome == fail);
  CHECK(never.evidence.size() == 1);
  scenario::Scenario names = test::expecting({test::must("retry")});
  names.names.emplace();
  const CaseVerdict verdict = judge(names, asked.journal());
  CHECK(
      std::none_of(verdict.findings.begin(), verdict.findings.end(), [](const Finding& one_of_all) {
        return one_of_all.rule == "connects" && one_of_all.outcome == fail;
      }));
}

TEST_CASE("host_edges_what_was_refused_inside_a_loop_came_with_its_content") {
  const auto finding = [](auto&& say) {
    Conversation talk;
    talk.session(1, 1min).ehlo().mail().rcpt();
    say(talk);
    std::string text = talk.quit().text();
    journal::Event event;
    event.server = 1;
    event.time = 2min;
    event.body = journal::event::Forwarded{"sender", "127.0.0.1:25", "m1", 7, 250, "250 Ok"};
    journal::encode(event, 1000, text);
    event.time = 5h;
    event.body = journal::event::Note{"the watch is over"};
    journal::encode(event, 1001, text);
    return test::finding(
               judge(test::expecting({test::must("stops-loop")}), journal::Journal::decode(text)),
               "stops-loop")
        .outcome;
  };
  CHECK(finding([](Conversation& t) { t.data().content().message("500 No"); }) == fail);
  CHECK(finding([](Conversation& t) { t.data().content().message("499 No"); }) == pass);
  CHECK(finding([](Conversation& t) { t.data().message("500 No"); }) ==
        pass); // BDAT without a byte
  CHECK(finding([](Conversation& t) { t.data("500 No"); }) == pass);
}

TEST_CASE("host_edges_a_report_about_a_report_comes_from_nobody_to_somebody") {
  const auto outcome = [](const Conversation& talk) {
    return found(talk, "no-report-about-reports").outcome;
  };
  // Two messages failed: two notifications may be refused for good.
  Conversation two;
  two.handover("1")
      .handover("2", {"c@rcpt.test"})
      .session(1, 0s)
      .ehlo()
      .mail()
      .rcpt("550 No")
      .quit();
  two.session(2, 1s).ehlo().mail().rcpt("550 No", "c@rcpt.test").quit();
  Conversation one = two;
  for (std::uint64_t i = 3; i <= 5; ++i) {
    CHECK(outcome(two) == (i == 3 ? none : pass));
    two.session(i, i * 1min).ehlo().mail("250 Ok", "").rcpt("550 No", "a@sender.test").quit();
  }
  CHECK(outcome(two) == fail); // a third one
  // One of them was accepted: there is one notification to send.
  Conversation accepted;
  accepted.handover("1").handover("2", {"c@rcpt.test"}).session(1, 0s).ehlo().mail();
  accepted.rcpt("550 No").quit().session(2, 1s).ehlo().mail().rcpt("250 Ok", "c@rcpt.test");
  accepted.data().content().message().quit();
  for (std::uint64_t i = 3; i <= 4; ++i)
    accepted.session(i, i * 1min).ehlo().mail("250 Ok", "").rcpt("550 No", "a@sender.test").quit();
  CHECK(outcome(accepted) == fail);
  // What comes from an address, or names nobody, is no report.
  Conversation somebody = one;
  for (std::uint64_t i = 3; i <= 6; ++i)
    somebody.session(i, i * 1min)
        .ehlo()
        .mail("250 Ok", "x@sender.test")
        .rcpt("550 No", "a@sender.test")
        .quit();
  CHECK(outcome(somebody) == none);
  one.session(3, 1min).ehlo().mail("550 No", "").quit();
  CHECK(outcome(one) == none);
  // A message from <> that was put off has not come to its end.
  Conversation from_nobody;
  from_nobody.handover("1", {"b@rcpt.test"}, "").session(1, 0s).ehlo().mail("250 Ok", "");
  CHECK(outcome(from_nobody.rcpt("452 Full").quit()) == none);
}

TEST_CASE("content_edges_a_copy_may_have_a_fiftieth_and_sixty_four_bytes_less") {
  const auto outcome = [](const std::vector<std::uint64_t>& sizes) {
    Conversation talk;
    talk.handover();
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      talk.session(i + 1, i * 40min).ehlo().mail().rcpt().data().content("", sizes[i], {});
      talk.message(i + 1 == sizes.size() ? "250 Ok" : "452 Full").quit();
    }
    return test::finding(judge(test::expecting({}), talk.journal()), "content").outcome;
  };
  CHECK(outcome({10'000, 10'000 - 200 - 64}) == pass);
  CHECK(outcome({10'000, 10'000 - 200 - 65}) == fail);
  CHECK(outcome({50, 0}) == fail);
  CHECK(outcome({0, 0}) == pass);
  // Against the fullest copy, wherever it came.
  CHECK(outcome({10'000, 5'000, 5'000}) == fail);
  CHECK(outcome({5'000, 10'000, 5'000}) == fail);
}
