// The policy file: what it means, and that every mistake is told with its place, all at once.
#include "client/policy/load.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> problems(std::string_view yaml) {
  std::vector<std::string> lines;
  for (const Problem& problem : load_policy(yaml).problems)
    lines.push_back(problem.in("p.yaml"));
  return lines;
}

/// The one problem the text is expected to have.
std::string problem(std::string_view yaml) {
  const auto all = problems(yaml);
  CAPTURE(yaml);
  REQUIRE(all.size() == 1);
  return all.front();
}

} // namespace

TEST_CASE("default_policy_is_what_the_guides_say") {
  const Policy& policy = default_policy();
  CHECK(policy.give_up_after == 5 * 24h);
  CHECK(policy.expired->text() == "4.4.7");
  CHECK(policy.in_doubt == InDoubt::resend);
  REQUIRE(policy.rules.size() == 5);
  CHECK(policy.rules[0].schedule.waits == std::vector<Duration>{1h, 4h, 12h, 24h});
  CHECK(policy.rules.back().when.statuses.empty());
  for (const Rule& rule : policy.rules) {
    CAPTURE(rule.name);
    // RFC 5321 section 4.5.4.1: at least 30 minutes, but where no server was bothered.
    if (rule.name != "own-trouble") CHECK(rule.schedule.bounds(1)->earliest >= 30min);
  }
  CHECK(policy.rules[1].schedule.bounds(1)->latest <
        policy.rules.back().schedule.bounds(1)->earliest);
}

TEST_CASE("policy_file_changes_only_what_it_names") {
  const auto loaded = load_policy("give-up: {after: 1d}\n");
  CHECK(loaded.problems.empty());
  CHECK(loaded.policy.give_up_after == 24h);
  CHECK(loaded.policy.expired->text() == "4.4.7");
  CHECK(loaded.policy.rules.size() == default_policy().rules.size());
  CHECK(load_policy("").problems.empty());
}

TEST_CASE("policy_file_with_everything") {
  const auto loaded = load_policy(R"(
give-up: {after: 2d, status: last}
notify: {delayed: [1h, 1d]}
in-doubt: hold
rules:
  - name: gone
    when: {status: [4.1.*, "5.*.*"], stage: rcpt}
    tries: 1
  - name: limits
    when: {code: [421, 45*], failure: reply-4yz}
    waits: [30m, 2h]
  - name: rest
    first: 40m
    factor: 2.5
    longest: 10h
    jitter: 20%
    tries: 4
suspend: {after: 2, on: unreachable, first: 10m, factor: 3, longest: 1h}
alternatives:
  - after: 2
    on: [connect-timeout]
    use: {host: relay.test, port: 465, tls: verified, implicit-tls: true, pipelining: false, chunking: false}
)");
  for (const Problem& problem : loaded.problems)
    FAIL(problem.in("p.yaml"));
  const Policy& policy = loaded.policy;
  CHECK_FALSE(policy.expired);
  CHECK(policy.delay_notices == std::vector<Duration>{1h, 24h});
  CHECK(policy.in_doubt == InDoubt::hold);
  REQUIRE(policy.rules.size() == 3);
  CHECK(policy.rules[0].when.statuses[0].matches({4, 1, 8}));
  CHECK_FALSE(policy.rules[0].when.statuses[0].matches({4, 2, 8}));
  CHECK(policy.rules[0].when.stages == std::vector{Stage::rcpt});
  CHECK(policy.rules[1].when.codes == std::vector<std::string>{"421", "45"});
  CHECK(policy.rules[2].schedule.factor == 2.5);
  CHECK(policy.rules[2].schedule.jitter == 0.2);
  CHECK(policy.rules[2].tries == 4);
  CHECK(policy.suspension.failures == std::vector{Failure::unreachable});
  REQUIRE(policy.alternatives.size() == 1);
  CHECK(policy.alternatives[0].port == 465);
  CHECK(policy.alternatives[0].tls == TlsMode::verified);
  CHECK(policy.alternatives[0].implicit_tls == true);
}

TEST_CASE("policy_file_tells_all_its_mistakes_with_their_places") {
  const auto lines = problems("give-up: {after: 5 days}\n"
                              "retries: 3\n"
                              "rules:\n"
                              "  - name: a\n"
                              "    first: 30m\n"
                              "    jitter: 20\n"
                              "  - name: a\n"
                              "    when: {failure: tired}\n"
                              "    waits: [1h]\n");
  REQUIRE(lines.size() == 7);
  CHECK(lines[0] ==
        "p.yaml:1:18: '5 days' is not a duration above zero; allowed: 30m, 4h, 1h30m, 5d");
  CHECK(lines[1].starts_with(
      "p.yaml:2:1: unknown key 'retries' in a policy; allowed: give-up, notify"));
  CHECK(lines[2].starts_with("p.yaml:4:5: the rules after this one are never reached"));
  CHECK(lines[3] == "p.yaml:6:13: '20' is not a percentage; allowed: 0% to 100%");
  CHECK(lines[4].starts_with("p.yaml:7:5: the last rule must match everything else"));
  CHECK(lines[5] == "p.yaml:7:11: a second rule named 'a'; allowed: another name");
  CHECK(lines[6].starts_with(
      "p.yaml:8:21: 'tired' is not a kind of failure; allowed: connect-refused"));
}

TEST_CASE("policy_file_each_mistake") {
  const std::string rest = "  - {name: z, first: 1h}\n";
  CHECK(
      problem("rules: [{name: x, when: {status: 4.4.1}, first: 1h}]").find("the last rule must") !=
      std::string::npos);
  CHECK(problem("rules: []").find("the last rule must") != std::string::npos);
  CHECK(problem("rules: 4").find("must be a list") != std::string::npos);
  CHECK(problem("rules:\n  - {name: x, when: {code: 550}, first: 1h}\n" + rest)
            .find("transient reply") != std::string::npos);
  CHECK(problem("rules:\n  - {name: x, when: {status: 2.0.0}, first: 1h}\n" + rest)
            .find("status of a failure") != std::string::npos);
  CHECK(problem("rules:\n  - {name: x, when: {stage: bed}, first: 1h}\n" + rest)
            .find("is not a valid stage") != std::string::npos);
  CHECK(problem("rules: [{name: x, first: 2h, longest: 1h}]").find("shorter than the first") !=
        std::string::npos);
  CHECK(problem("rules: [{name: x, first: 2h, waits: [1h]}]").find("one of the two") !=
        std::string::npos);
  CHECK(problem("rules: [{name: x}]").find("does not say when") != std::string::npos);
  CHECK(problem("rules: [{first: 2h}]").find("no name") != std::string::npos);
  CHECK(problem("rules: [{name: x, first: 2h, factor: 0.5}]").find("not a factor") !=
        std::string::npos);
  CHECK(problem("rules: [{name: x, first: 2h, factor: nan}]").find("not a factor") !=
        std::string::npos);
  CHECK(problem("rules: [{name: x, first: 2h, tries: 0}]").find("1 to 1000") != std::string::npos);
  CHECK(problem("in-doubt: maybe").find("resend, hold") != std::string::npos);
  CHECK(problem("give-up: {status: 2.0.0}").find("5.4.7, last") != std::string::npos);
  CHECK(problem("notify: {delayed: [4h, 1h]}").find("must increase") != std::string::npos);
  CHECK(problem("suspend: {first: 5h}").find("longest pause") != std::string::npos);
  CHECK(problem("alternatives: [{after: 1}]").find("changes nothing") != std::string::npos);
  CHECK(problem("alternatives: [{use: {port: 70000}}]").find("1 to 65535") != std::string::npos);
  CHECK(problem("alternatives: [{use: {tls: perhaps}}]").find("not a valid TLS mode") !=
        std::string::npos);
  CHECK(problem("in-doubt: hold\nin-doubt: hold\n").find("given twice") != std::string::npos);
  CHECK(problem("- a\n- b\n").starts_with("p.yaml:1:1: a policy must be a mapping"));
  CHECK(problem("rules: [").find("not YAML") != std::string::npos);
}
