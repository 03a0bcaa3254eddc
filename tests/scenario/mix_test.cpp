// The reader of mixes: what it makes of a file, and what it says of each mistake.
#include "scenario/document.hpp"
#include "scenario/loader.hpp"
#include "scenario/mix.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

using namespace tempfail::scenario;

namespace {

const Catalogue& catalogue() {
  static const Catalogue loaded = Catalogue::load({});
  return loaded;
}

MixResult read(const std::string& text) {
  return read_mix(text, "mix.yaml", catalogue().all());
}

MixPtr good(const std::string& text) {
  MixResult result = read(text);
  for (const Mistake& mistake : result.mistakes)
    FAIL_CHECK(mistake.to_string());
  REQUIRE(result.mix != nullptr);
  return result.mix;
}

/// The mistakes, each without the name of the file.
std::vector<std::string> wrong(const std::string& text) {
  const MixResult result = read(text);
  CHECK(result.mix == nullptr);
  std::vector<std::string> said;
  for (const Mistake& mistake : result.mistakes)
    said.push_back(mistake.to_string().substr(std::string("mix.yaml:").size()));
  return said;
}

using Lines = std::vector<std::string>;

} // namespace

TEST_CASE("mix: domains in their order, with the rest") {
  const MixPtr mix = good(
      "domains:\n"
      "  \"*.Business.test\": {healthy: rest, greylisted: 11.12, permanent/no-such-user: 5.17 %}\n"
      "  \"*\":\n"
      "    healthy: 99.9999\n"
      "    disk-full: 0.0001\n"
      "    mailbox-full: 0\n");
  CHECK(to_string(*mix) ==
        "*.business.test: healthy 83.71 %, greylisted 11.12 %, no-such-user 5.17 %; "
        "*: healthy 99.9999 %, disk-full 0.0001 %, mailbox-full 0 %");
  CHECK(mix->domains[0].shares[1].parts == 111'200);
  CHECK(mix->domains[1].shares[1].parts == 1);
  Lines names;
  for (const ScenarioPtr& scenario : scenarios_of(*mix))
    names.push_back(scenario->name);
  CHECK(names == Lines{"healthy", "greylisted", "no-such-user", "disk-full", "mailbox-full"});
}

TEST_CASE("mix: a rest of nothing, a former name, and places for anchors") {
  CHECK(to_string(*good("domains: {\"*\": {greylisted: 100, healthy: rest}}")) ==
        "*: greylisted 100 %, healthy 0 %");
  CHECK(to_string(*good("domains: {\"*\": {accepted-and-closed: 100}}")) ==
        "*: reply-lost-close 100 %");
  CHECK(to_string(*good("x-usual: &usual {no-such-user: 1}\n"
                        "domains: {\"*\": {healthy: rest, <<: *usual}}")) ==
        "*: healthy 99 %, no-such-user 1 %");
}

TEST_CASE("mix: what is wrong with domains") {
  CHECK(wrong("domains: {}") ==
        Lines{"1:10: an empty map is not a valid map of domains; allowed: a pattern and its "
              "shares, such as \"*\": {healthy: 100}"});
  CHECK(wrong("domain:\n  \"*\": {healthy: 100}\n") ==
        Lines{"1:1: unknown key `domain`; did you mean `domains`?; allowed: domains",
              "1:1: `domains` is missing"});
  CHECK(wrong("domains:\n"
              "  a.test: {healthy: 100}\n"
              "  A.TEST: {healthy: 100}\n"
              "  \"a@b\": {healthy: 100}\n"
              "  b.test: healthy\n"
              "  c.test:\n") == Lines{"3:3: `A.TEST` is given twice, first in line 2",
                                      "4:3: `a@b` is not a valid pattern of domains; allowed: a "
                                      "domain, in which * stands for any text and ? "
                                      "for one character: *.business.test",
                                      "5:11: `healthy` is not a valid map of shares; allowed: "
                                      "scenarios with their shares, such as "
                                      "healthy: 100",
                                      "6:3: nothing is not a valid map of shares; allowed: "
                                      "scenarios with their shares, such as healthy: 100",
                                      "6:3: `*` is missing; allowed: `*` as the last domain, so "
                                      "that every recipient has a scenario"});
  CHECK(wrong("domains:\n"
              "  \"*\": {healthy: 100}\n"
              "  a.test: {healthy: 100}\n") ==
        Lines{"3:3: `a.test` is never reached: `*` in line 2 matches every domain; allowed: `*` as "
              "the last one"});
}

TEST_CASE("mix: what is wrong with shares") {
  const std::string shares =
      "; allowed: a percentage with at most four decimals, such as 11.12; or rest";
  CHECK(wrong("domains:\n"
              "  \"*\":\n"
              "    healthy: 100.0001\n"
              "    greylisted: 1.00001\n"
              "    disk-full: -1\n"
              "    mailbox-full: many\n"
              "    no-such-user: .5\n"
              "    blocklisted: 5.\n"
              "    overload:\n"
              "    rate-limited: [1]\n") == Lines{"3:14: `100.0001` is not a valid share" + shares,
                                                  "4:17: `1.00001` is not a valid share" + shares,
                                                  "5:16: `-1` is not a valid share" + shares,
                                                  "6:19: `many` is not a valid share" + shares,
                                                  "7:19: `.5` is not a valid share" + shares,
                                                  "8:18: `5.` is not a valid share" + shares,
                                                  "9:5: nothing is not a valid share" + shares,
                                                  "10:19: a list is not a valid share" + shares});
  CHECK(wrong("domains:\n"
              "  a.test: {healthy: 50, greylisted: 49.9999}\n"
              "  b.test: {healthy: 50, greylisted: 51}\n"
              "  c.test: {healthy: rest, greylisted: 101}\n"
              "  d.test: {healthy: rest, greylisted: 60, disk-full: 50}\n"
              "  e.test: {healthy: rest, greylisted: rest}\n"
              "  \"*\": {healthy: 100, healthy/healthy: 0}\n") ==
        Lines{"2:3: the shares of `a.test` add up to 99.9999; allowed: 100 in all, or `rest` for "
              "one of them",
              "3:3: the shares of `b.test` add up to 101; allowed: 100 in all, or `rest` for one "
              "of them",
              "4:39: `101` is not a valid share" + shares,
              "5:3: the shares of `d.test` add up to 110; allowed: 100 at most",
              "6:39: `rest` is given twice; allowed: one scenario of a domain has the rest",
              "7:23: the scenario healthy has a share already"});
}

TEST_CASE("mix: scenarios that nobody knows, and those that a shared port can't show") {
  const std::string allowed = "; allowed: those that the shared port can show";
  CHECK(
      wrong("domains:\n"
            "  \"*\":\n"
            "    helthy: rest\n"
            "    policy/healthy: 1\n"
            "    starttls-refused: 1\n"
            "    one-mx-points-nowhere: 1\n"
            "    host-unreachable: 1\n") ==
      Lines{"3:5: no scenario is called `helthy`; did you mean `healthy`?; allowed: a name from "
            "tempfail list",
            "4:5: no scenario is called `policy/healthy`; allowed: a name from tempfail list",
            "5:5: the scenario starttls-refused can't be part of a mix: it needs its own port: the "
            "failure comes before the recipient is known" +
                allowed,
            "6:5: the scenario one-mx-points-nowhere can't be part of a mix: it is about names "
            "in the DNS or "
            "several hosts" +
                allowed,
            "7:5: the scenario host-unreachable can't be part of a mix: it needs a lab (IPv6, or "
            "hosts that can't "
            "be reached)" +
                allowed});
}

TEST_CASE("mix: every scenario of the catalogue is taken or refused with a reason") {
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (const ScenarioPtr& scenario : catalogue().all()) {
    const MixResult result = read("domains: {\"*\": {" + scenario->name + ": 100}}");
    if (result.mix)
      ++taken;
    else
      ++refused;
    if (result.mix) continue;
    REQUIRE(result.mistakes.size() == 1);
    CHECK(result.mistakes[0].what.starts_with("the scenario " + scenario->name +
                                              " can't be part of a mix: "));
  }
  CHECK(taken > 100);
  CHECK(refused > 50);
}

TEST_CASE("mix: limits") {
  const auto domains = [](std::size_t count, std::size_t shares) {
    std::string text = "domains:\n";
    for (std::size_t i = 0; i + 1 < count; ++i) {
      text += "  d" + std::to_string(i) + ".test: {";
      for (std::size_t j = 0; j < shares; ++j)
        text += catalogue().all()[j]->name + (j + 1 < shares ? ": 0, " : ": rest}\n");
    }
    return text + "  \"*\": {healthy: 100}\n";
  };
  CHECK(good(domains(200, 1))->domains.size() == 200);
  CHECK(wrong(domains(201, 1)) == Lines{"2:3: 201 domains are too many; allowed: at most 200"});
  CHECK(wrong(domains(22, 50)) ==
        Lines{"2:3: 1051 shares are too many; allowed: at most 1000 in all domains together"});
  CHECK(wrong(std::string(document_size_limit + 1, '#')) ==
        Lines{" the file is larger than a mix can be; allowed: at most 1MB"});
}

TEST_CASE("mix: those among the examples have no mistakes, and only names for tests") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MIX_EXAMPLES)) {
    ++files;
    INFO(entry.path().filename().string());
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    const MixPtr mix = good(text);
    for (const MixDomain& domain : mix->domains)
      CHECK((domain.pattern == "*" || domain.pattern.ends_with(".test")));
    CHECK(text.find("https://") != std::string::npos); // where its figures come from
  }
  CHECK(files >= 2);
}
