// Hosts and names of a scenario: as its file has them, and where it says nothing.
#include "scenario/hosts.hpp"
#include "scenario/loader.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

using namespace tempfail;
using namespace tempfail::scenario;

namespace {

Scenario load(const std::string& text, const std::string& name = "names") {
  const LoadResult result = load_scenario("summary: x\n" + text, "x/" + name + ".yaml");
  for (const Mistake& mistake : result.mistakes)
    UNSCOPED_INFO(mistake.to_string());
  REQUIRE(result.scenario != nullptr);
  return *result.scenario;
}

Scenario from_file(const std::string& name) {
  std::ifstream stream(SCENARIO_TESTS "/valid/" + name + ".yaml", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const LoadResult result = load_scenario(text, "x/" + name + ".yaml");
  REQUIRE(result.scenario != nullptr);
  return *result.scenario;
}

std::vector<std::string> texts_of(const std::vector<Record>& records) {
  std::vector<std::string> texts;
  for (const Record& record : records)
    texts.push_back(record.owner + " " + std::to_string(static_cast<int>(record.type)) + " " +
                    (record.host.empty() ? record.data : "@" + record.host));
  return texts;
}

} // namespace

TEST_CASE("names: a scenario that says nothing has a domain, one host, and an MX that leads to it",
          "[names]") {
  const Scenario plain = load("server: {hostname: a.test}\n", "disk-full");
  CHECK(domain_of(plain) == "disk-full.test");
  const std::vector<Host> hosts = hosts_of(plain);
  REQUIRE(hosts.size() == 1);
  CHECK(hosts[0].name == "mx.disk-full.test");
  CHECK(hosts[0].server.hostname == "a.test");
  CHECK_FALSE(hosts[0].decoy);
  CHECK(hosts[0].addresses == std::vector{AddressFamily::ipv4});
  const DnsSettings names = dns_settings_of(plain);
  CHECK(names.domains == std::vector<std::string>{"disk-full.test"});
  CHECK(texts_of(names.records) ==
        std::vector<std::string>{"disk-full.test 15 10 mx.disk-full.test."});
  CHECK_FALSE(needs_name_server(plain));
}

TEST_CASE("names: of several hosts those that are no decoys are the MX, in their order",
          "[names]") {
  const Scenario several =
      load("hosts:\n  b: {server: {size-limit: 9KB}}\n  \"@\": {decoy: yes}\n  A:\n");
  CHECK(needs_name_server(several));
  CHECK(
      texts_of(dns_settings_of(several).records) ==
      std::vector<std::string>{"names.test 15 10 b.names.test.", "names.test 15 20 a.names.test."});
  REQUIRE(several.hosts.size() == 3);
  CHECK(several.hosts[0].server.size_limit == 9 * 1024);
  CHECK(several.server.size_limit == 9 * 1024); // that of the first
  CHECK(several.hosts[1].name == "names.test");
  CHECK(several.hosts[1].label == "@");
  CHECK(several.hosts[1].decoy);
  CHECK(several.hosts[2].server.extensions == hosts_of(load(""))[0].server.extensions); // healthy
}

TEST_CASE("names: mail for the recipients goes to those hosts that an MX of theirs names",
          "[names]") {
  const auto takers = [](const Scenario& scenario) {
    std::string names;
    for (const Host& host : hosts_of(scenario))
      if (takes_mail(scenario, host)) names += host.label + " ";
    return names;
  };
  CHECK(takers(load("")) == "mx ");
  CHECK(takers(load("hosts:\n  a:\n  b: {decoy: yes}\n  c:\n")) == "a c ");
  const std::string hosts =
      "hosts:\n  mx:\n  home:\nnames:\n  records:\n    - \"home MX 10 home\"\n";
  CHECK(takers(load(hosts + "    - \"@ MX 10 MX\"\n")) == "mx ");
  CHECK(takers(load(hosts)) == "mx home "); // nobody knows
  const std::string later = "  answers:\n    - {type: MX, times: 1, records: [\"@ MX 5 home\"]}\n";
  CHECK(takers(load(hosts + "    - \"@ MX 10 mx\"\n" + later)) == "mx home ");
  const std::string elsewhere = hosts + "    - \"@ MX 10 away\"\n";
  CHECK(takers(load(elsewhere + "    - \"away A home\"\n    - \"away A 192.0.2.9\"\n")) == "home ");
  CHECK(takers(load(elsewhere + "    - \"away CNAME again\"\n    - \"again CNAME mx\"\n")) ==
        "mx ");
  CHECK(
      takers(load(elsewhere + "    - \"away CNAME again\"\n    - \"again CNAME away\"\n")).empty());
}

TEST_CASE("names: all that a file can say of hosts and records", "[names]") {
  const Scenario all = from_file("names");
  REQUIRE(all.names);
  const DnsSettings& names = *all.names;
  CHECK(domain_of(all) == "names.test");
  CHECK(names.domains == std::vector<std::string>{"names.test", "second-names.test"});
  CHECK(names.ttl == Duration::zero());
  CHECK(names.authenticated);
  CHECK(names.search == std::vector<std::string>{"trap.names.test", "second-names.test"});
  CHECK(all.hosts[0].server.listen);
  CHECK(all.hosts[1].addresses == std::vector{AddressFamily::ipv4, AddressFamily::ipv6});
  CHECK(all.hosts[3].name == "mx.second-names.test");
  const std::vector<std::string> expected = {
      "names.test 15 10 mx1.names.test.",
      "names.test 15 20 mx.second-names.test.",
      "names.test 16 \"v=spf1 \\\"-all\\\" \\\\ \\195\\164\"",
      "both.names.test 1 @mx1.names.test",
      "both.names.test 1 @mx2.names.test",
      "both.names.test 28 @mx2.names.test",
      "far.names.test 1 192.0.2.1",
      "far.names.test 28 2001:db8::1",
      "www.names.test 5 names.test.",
      "names.test 2 ns.names.test.",
      "names.test 6 ns.names.test. hostmaster.names.test. 1 3600 600 86400 300",
      "1.2.0.192.in-addr.names.test 12 far.names.test.",
      "_25._tcp.mx1.names.test 52 3 1 1 0A1b",
      "null.names.test 15 0 .",
      "odd.names.test 15 10 192.0.2.9."};
  CHECK(texts_of(names.records) == expected);
  CHECK_FALSE(names.records[0].ttl);
  CHECK(names.records[1].ttl == std::chrono::hours(1));
}

TEST_CASE("names: what only a lab has", "[names]") {
  const auto needs = [](const std::string& text) {
    const Scenario scenario = load(text);
    return std::string(needs_ipv6(scenario) ? "ipv6 " : "") +
           (needs_router(scenario) ? "router " : "") + (needs_lab(scenario) ? "lab" : "");
  };
  CHECK(needs("server: {listen: refused}\n").empty());
  CHECK(needs("server: {listen: host-unreachable}\n") == "router lab");
  CHECK(needs("server: {listen: {answer: network-unreachable, during: 0s..1h}}\n") == "router lab");
  CHECK(needs("hosts: {a: , b: {server: {listen: host-unreachable}}}\n") == "router lab");
  CHECK(needs("hosts: {a: {addresses: [ipv4, ipv6]}}\n") == "ipv6 lab");
  CHECK(needs("hosts: {a: , b: {server: {listen: silence}}}\n").empty());
}

TEST_CASE("names: all that a rule about queries can say", "[names]") {
  const Scenario all = from_file("names");
  const std::vector<NameRule>& rules = all.names->answers;
  REQUIRE(rules.size() == 13);
  CHECK(rules[0].types == std::vector<std::uint16_t>{15});
  CHECK(rules[0].names == std::vector<std::string>{"names.test"});
  CHECK(rules[0].answer.kind == NameAnswerKind::servfail);
  CHECK(rules[0].trigger.during->max == std::chrono::hours(2));
  CHECK(rules[1].types == std::vector<std::uint16_t>{1, 28});
  CHECK(rules[1].names == std::vector<std::string>{"far.names.test", "*.far.names.test"});
  CHECK(rules[1].trigger.attempts->max == 4U);
  CHECK(rules[1].answer.kind == NameAnswerKind::silence);
  CHECK(rules[2].transport == Transport::tcp);
  CHECK(rules[2].answer.kind == NameAnswerKind::reset);
  const NameAnswer& odd = rules[3].answer;
  CHECK(rules[3].trigger.every == 3U);
  CHECK(rules[3].trigger.chance == 0.3);
  CHECK(odd.kind == NameAnswerKind::records);
  CHECK(odd.delay == std::chrono::seconds(3));
  CHECK(odd.truncated);
  CHECK(odd.wrong_part == WrongPart::id);
  CHECK(odd.authenticated == false);
  CHECK(odd.ttl == Duration::zero());
  const std::vector<NameAnswerKind> sayings = {NameAnswerKind::nodata,  NameAnswerKind::nxdomain,
                                               NameAnswerKind::refused, NameAnswerKind::formerr,
                                               NameAnswerKind::notimp,  NameAnswerKind::lame,
                                               NameAnswerKind::garbage};
  for (std::size_t i = 0; i < sayings.size(); ++i)
    CHECK(rules[4 + i].answer.kind == sayings[i]);
  CHECK(rules[5].names == std::vector<std::string>{"nx.names.test"});
  CHECK(rules[10].answer.wrong_part == WrongPart::question);
  CHECK(rules[11].answer.raw == "81800001");
  CHECK(texts_of(rules[12].answer.records) ==
        std::vector<std::string>{"names.test 15 5 mx2.names.test."});
  CHECK(rules[0].line != rules[1].line);
}

TEST_CASE("names: a long text is cut as the wire needs it", "[names]") {
  const Scenario long_text =
      load("names:\n  records:\n    - \"@ TXT " + std::string(300, 'a') + "\"\n");
  CHECK(long_text.names->records[0].data ==
        "\"" + std::string(255, 'a') + "\" \"" + std::string(45, 'a') + "\"");
}

TEST_CASE("names: MX records are to be had one by one, and the sender's own host may be one",
          "[names]") {
  const Scenario several = load("hosts: {a: , b: }\n"
                                "names:\n"
                                "  records: ['@ MX 20 {sender-host}', 'www A 192.0.2.1', "
                                "'@ MX 0 .', 'www MX 5 b']\n");
  const std::vector<MailExchange> exchanges = mail_exchanges_of(several);
  REQUIRE(exchanges.size() == 3);
  CHECK(exchanges[0].domain == "names.test");
  CHECK(exchanges[0].preference == 20);
  CHECK(exchanges[0].host == sender_host_placeholder);
  CHECK(exchanges[1].host.empty());
  CHECK(exchanges[2].domain == "www.names.test");
  CHECK(exchanges[2].host == "b.names.test");
}

TEST_CASE("names: a sender is expected to ask for names as records have them", "[names]") {
  const Scenario asks = load("names: {domain: [x.test, y.test]}\n"
                             "sender: {must: [{asked: '@'}, {not-asked: Mx.Y.test.}]}\n");
  CHECK(std::get<std::string>(asks.sender.at(0).value) == "x.test");
  CHECK(std::get<std::string>(asks.sender.at(1).value) == "mx.y.test");
}

TEST_CASE("names: a domain with U-labels is given so, and its zone has A-labels", "[names]") {
  const Scenario scenario = from_file("u-labels");
  CHECK(domain_of(scenario) == "xn--bcher-kva.test");
  CHECK(dns_settings_of(scenario).domains ==
        std::vector<std::string>{"xn--bcher-kva.test", "xn--caf-dma.test", "u-labels.test"});
  CHECK(written_domains_of(scenario) == std::vector<std::string>{"B\xc3\xbc"
                                                                 "cher.test",
                                                                 "caf\xc3\xa9.test",
                                                                 "u-labels.test"});
  CHECK(hosts_of(scenario)[0].name == "mx.xn--bcher-kva.test");
  CHECK(has_u_labels(scenario));
  CHECK_FALSE(has_u_labels(from_file("names")));
  CHECK_FALSE(has_u_labels(load("server: {}\n")));
  CHECK(written_domains_of(load("server: {}\n", "disk-full")) ==
        std::vector<std::string>{"disk-full.test"});
}
