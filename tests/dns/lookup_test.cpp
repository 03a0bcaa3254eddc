// Look-up in zones, as a recursive resolver does it.
#include "dns/packet.hpp"
#include "support/catch.hpp"

#include <stdexcept>

using namespace tempfail;
using namespace tempfail::test;
using scenario::RecordType;
using Data = std::vector<std::string>;

TEST_CASE(
    "lookup: a zone of which nothing is said has the domain, its MX, and the host's addresses") {
  Names names({});
  CHECK(names.ask({"a.test", MX}).data() == Data{"10 mx.a.test"});
  CHECK(names.ask({"mx.a.test", A}).data() == Data{"c0000201"});
  CHECK(names.ask({"mx.a.test", AAAA}).data() == Data{"20010db8000000000000000000000001"});
  const Told none = names.ask({"a.test", A});
  CHECK(none.rcode == 0);
  CHECK(none.answer.empty());
}

TEST_CASE("lookup: all types of records are what a master file says") {
  scenario::DnsSettings all;
  const auto add = [&all](std::string owner, RecordType type, std::string data) {
    all.records.push_back(record(std::move(owner), type, std::move(data)));
  };
  add("a.test", RecordType::a, "192.0.2.9");
  add("a.test", RecordType::aaaa, "2001:db8::9");
  add("a.test", RecordType::mx, "0 .");
  add("a.test", RecordType::txt, "\"v=spf1 -all\"");
  add("a.test", RecordType::ns, "ns.a.test.");
  add("9.2.0.192.a.test", RecordType::ptr, "mx.a.test.");
  add("_25._tcp.mx.a.test", RecordType::tlsa, "3 1 1 0a1b2c");
  Names names(all);
  CHECK(names.ask({"a.test", A}).data() == Data{"c0000209"});
  CHECK(names.ask({"a.test", AAAA}).data() == Data{"20010db8000000000000000000000009"});
  CHECK(names.ask({"a.test", MX}).data() == Data{"0 "});
  CHECK(names.ask({"a.test", TXT}).data() == Data{"0b763d73706631202d616c6c"});
  CHECK(names.ask({"a.test", NS}).data() == Data{"ns.a.test"});
  CHECK(names.ask({"9.2.0.192.a.test", PTR}).data() == Data{"mx.a.test"});
  CHECK(names.ask({"_25._tcp.mx.a.test", TLSA}).data() == Data{"0301010a1b2c"});
  CHECK(names.ask({"a.test", SOA}).data() == Data{"ns.test hostmaster.test 1 3600 600 86400 300"});
  CHECK(names.ask({"a.test", ANY}).answer.size() == 6);
  const Told unknown = names.ask({"a.test", HTTPS});
  CHECK(unknown.rcode == 0);
  CHECK(unknown.answer.empty());
}

TEST_CASE("lookup: no such name, and no such record, each with the SOA that says for how long") {
  Names names({});
  const Told absent = names.ask({"absent.a.test", MX});
  CHECK(absent.rcode == 3);
  REQUIRE(absent.authority.size() == 1);
  CHECK(absent.authority[0].owner == "a.test");
  CHECK(absent.authority[0].type == SOA);
  CHECK(absent.authority[0].ttl == 300);
  const Told none = names.ask({"mx.a.test", TXT});
  CHECK(none.rcode == 0);
  CHECK(none.answer.empty());
  REQUIRE(none.authority.size() == 1);
  CHECK(none.authority[0].type == SOA);
}

TEST_CASE("lookup: a name below which there is one is there (RFC 8020)") {
  scenario::DnsSettings deep;
  deep.records = {record("x.y.a.test", RecordType::a, "192.0.2.9")};
  Names names(deep);
  CHECK(names.ask({"y.a.test", A}).rcode == 0);
  CHECK(names.ask({"z.a.test", A}).rcode == 3);
  CHECK(names.ask({"xy.a.test", A}).rcode == 3); // ends alike, and is no part of it
}

TEST_CASE("lookup: below .test no other name is there, and of all else nothing is known") {
  Names names({});
  const Told absent = names.ask({"other.test", MX});
  CHECK(absent.rcode == 3);
  REQUIRE(absent.authority.size() == 1);
  CHECK(absent.authority[0].owner == "test");
  const Told address =
      names.ask({"192.0.2.9", A}); // a name that nobody has: the root has no domain 9
  CHECK(address.rcode == 3);
  REQUIRE(address.authority.size() == 1);
  CHECK(address.authority[0].owner.empty());
  // Nobody has these addresses outside: their names are known not to be there.
  for (const char* name :
       {"9.2.0.192.in-addr.arpa", "1.100.51.198.in-addr.arpa", "2.113.0.203.in-addr.arpa",
        "1.1.16.127.in-addr.arpa", "2.0.0.f.f.f.f.8.b.d.0.1.0.0.2.ip6.arpa"}) {
    INFO(name);
    CHECK(names.ask({name, PTR}).rcode == 3);
  }
  for (const char* name : {"example.com", "test.example", "contest", "9.2.0.10.in-addr.arpa",
                           "92.0.192.in-addr.arpa", ""}) {
    INFO(name);
    const Told refused = names.ask({name, MX});
    CHECK(refused.rcode == 5);
    CHECK(refused.answer.empty());
  }
}

TEST_CASE("lookup: CNAMEs are followed, and what they end in is said of it") {
  scenario::DnsSettings chain;
  chain.records = {record("a.test", RecordType::cname, "b.a.test."),
                   record("b.a.test", RecordType::cname, "c.a.test."),
                   record("c.a.test", RecordType::mx, "10 mx.a.test."),
                   record("lost.a.test", RecordType::cname, "absent.a.test."),
                   record("away.a.test", RecordType::cname, "example.com.")};
  Names names(chain);
  const Told told = names.ask({"a.test", MX});
  CHECK(told.rcode == 0);
  CHECK(told.data() == Data{"b.a.test", "c.a.test", "10 mx.a.test"});
  CHECK(told.answer[2].owner == "c.a.test");
  CHECK(names.ask({"a.test", CNAME}).data() == Data{"b.a.test"});
  const Told none = names.ask({"a.test", TXT});
  CHECK(none.rcode == 0);
  CHECK(none.answer.size() == 2);
  const Told lost = names.ask({"lost.a.test", A});
  CHECK(lost.rcode == 3);
  CHECK(lost.data() == Data{"absent.a.test"});
  const Told away = names.ask({"away.a.test", A});
  CHECK(away.rcode == 2);
  CHECK(away.answer.empty());
}

TEST_CASE("lookup: a CNAME that leads to itself fails, as does a chain that is too long") {
  scenario::DnsSettings loop;
  loop.records = {record("a.test", RecordType::cname, "b.a.test."),
                  record("b.a.test", RecordType::cname, "a.test."),
                  record("self.a.test", RecordType::cname, "self.a.test.")};
  for (int i = 0; i < 20; ++i)
    loop.records.push_back(record("c" + std::to_string(i) + ".a.test", RecordType::cname,
                                  "c" + std::to_string(i + 1) + ".a.test."));
  loop.records.push_back(record("c20.a.test", RecordType::a, "192.0.2.9"));
  Names names(loop);
  for (const char* name : {"a.test", "b.a.test", "self.a.test", "c0.a.test"}) {
    INFO(name);
    const Told told = names.ask({name, A});
    CHECK(told.rcode == 2);
    CHECK(told.answer.empty());
  }
  CHECK(names.ask({"c10.a.test", A}).answer.size() == 11);
}

TEST_CASE("lookup: zones know each other, and no two have the same domain") {
  scenario::DnsSettings first;
  first.records = {record("a.test", RecordType::cname, "b.test.")};
  Names names(first);
  auto made = std::make_shared<scenario::Scenario>();
  made->name = "b";
  dns::ZoneSetting setting;
  setting.scenario = made;
  setting.hosts = {{"mx.b.test", {"192.0.2.77"}, {}}};
  dns::Zone second(setting);
  names.responder.add(second);
  CHECK(names.ask({"a.test", MX}).data() == Data{"b.test", "10 mx.b.test"});
  CHECK(names.ask({"mx.b.test", A}).data() == Data{"c000024d"});
  dns::Zone third(setting);
  CHECK_THROWS_AS(names.responder.add(third), std::invalid_argument);
  names.responder.remove(second);
  CHECK(names.ask({"mx.b.test", A}).rcode == 3);
  CHECK_NOTHROW(names.responder.add(third));
  names.responder.remove(third);
}

TEST_CASE("lookup: several hosts, and records that name one instead of its addresses") {
  scenario::DnsSettings several;
  several.domains = {"a.test"};
  scenario::Record to_both = record("both.a.test", RecordType::a, "");
  to_both.host = "one.a.test";
  several.records = {to_both};
  to_both.host = "two.a.test";
  several.records.push_back(to_both);
  Names names(several, {"one", "two", "@"});
  CHECK(names.ask({"both.a.test", A}).data() == Data{"c0000201", "c0000202"});
  CHECK(names.ask({"two.a.test", A}).data() == Data{"c0000202"});
  CHECK(names.ask({"a.test", A}).data() == Data{"c0000203"});
}

TEST_CASE("lookup: caches count in real time, and not at all where time is moved by hand") {
  const auto ttl = [](double scale) {
    Names names({}, {"mx"}, scale);
    return names.ask({"mx.a.test", A}).answer.at(0).ttl;
  };
  CHECK(ttl(1) == 300);
  CHECK(ttl(60) == 5);
  CHECK(ttl(3600) == 0);
  CHECK(ttl(0) == 0);
}

TEST_CASE("lookup: what a master file can't have is refused when the zone is made") {
  scenario::DnsSettings wrong;
  wrong.records = {record("a.test", RecordType::a, "no address")};
  CHECK_THROWS_AS(Names(wrong), std::invalid_argument);
}

TEST_CASE("lookup: an MX may be the sender's own host, by the name that it has") {
  auto made = std::make_shared<scenario::Scenario>();
  made->name = "own";
  made->names.emplace();
  made->names->records = {record("own.test", RecordType::mx, "10 {sender-host}"),
                          record("own.test", RecordType::txt, "\"{sender-host}\"")};
  const auto mx = [&made](dns::ZoneSetting setting, Type type) {
    setting.scenario = made;
    dns::Zone zone(setting);
    dns::Responder responder;
    responder.add(zone);
    const std::string packet = packet_of({"own.test", type});
    const auto parsed = dns::parse_query(packet, scenario::Transport::udp, "127.0.0.1");
    return told_by(responder.answer(packet, parsed, {}).bytes).data();
  };
  CHECK(mx({}, MX) == Data{"10 mail.sender.test"});
  dns::ZoneSetting named;
  named.sender_host = "own.example.com";
  CHECK(mx(named, MX) == Data{"10 own.example.com"});
  CHECK(mx(named, TXT) == Data{"0d7b73656e6465722d686f73747d"}); // a text is a text
}

TEST_CASE("lookup: one host more, that no zone is about") {
  Names names({});
  names.responder.set_host("Mail.Sender.test", "127.0.0.1");
  CHECK(names.ask({"mail.sender.test", A}).data() == Data{"7f000001"});
  const Told none = names.ask({"mail.sender.test", MX});
  CHECK(none.rcode == 0);
  CHECK(none.answer.empty());
  CHECK(names.ask({"other.sender.test", A}).rcode == 3);
  // A zone's own names come first.
  names.responder.set_host("mx.a.test", "127.0.0.1");
  CHECK(names.ask({"mx.a.test", A}).data() == Data{"c0000201"});
}
