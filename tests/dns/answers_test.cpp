// Every answer that a rule can give, and what the journal says of it.
#include "dns/packet.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using scenario::NameAnswerKind;
using scenario::Transport;

namespace {

scenario::DnsSettings with(scenario::NameRule one) {
  scenario::DnsSettings names;
  names.answers = {std::move(one)};
  return names;
}

} // namespace

TEST_CASE("answers: codes, with nothing else, and as the journal has them") {
  struct Row {
    NameAnswerKind kind;
    unsigned rcode;
    std::string_view word;
  };
  for (const Row& row :
       {Row{NameAnswerKind::servfail, 2, "servfail"}, Row{NameAnswerKind::refused, 5, "refused"},
        Row{NameAnswerKind::formerr, 1, "formerr"}, Row{NameAnswerKind::notimp, 4, "notimp"},
        Row{NameAnswerKind::nxdomain, 3, "nxdomain"}, Row{NameAnswerKind::nodata, 0, "noerror"}}) {
    INFO(row.word);
    Names names(with(rule(row.kind)));
    dns::QueryOutcome outcome = names.outcome({"mx.a.test", A});
    const Told told = told_by(outcome.bytes);
    CHECK(told.well_formed);
    CHECK(told.rcode == row.rcode);
    CHECK(told.answer.empty());
    CHECK(told.question == "mx.a.test");
    const bool denies = row.kind == NameAnswerKind::nxdomain || row.kind == NameAnswerKind::nodata;
    CHECK(told.authority.size() == (denies ? 1 : 0));
    const journal::event::Query& event = outcome.query_event();
    CHECK(event.answer == row.word);
    CHECK(event.rule == 7);
    CHECK(event.met);
    CHECK(event.name == "mx.a.test");
    CHECK(event.type == "A");
    CHECK(event.id == 0x1234);
    CHECK(event.client == "127.0.0.1");
    CHECK(event.transport == Transport::udp);
    CHECK(event.records.empty());
  }
}

TEST_CASE("answers: nothing, and a connection that is reset") {
  Names silent(with(rule(NameAnswerKind::silence)));
  dns::QueryOutcome nothing = silent.outcome({"a.test", MX});
  CHECK(nothing.bytes.empty());
  CHECK_FALSE(nothing.reset);
  CHECK(nothing.query_event().answer == "silence");
  Names resetting(with(rule(NameAnswerKind::reset)));
  dns::QueryOutcome over_tcp = resetting.outcome({"a.test", MX}, {}, Transport::tcp);
  CHECK(over_tcp.reset);
  CHECK(over_tcp.bytes.empty());
  CHECK(over_tcp.query_event().answer == "reset");
  const dns::QueryOutcome over_udp = resetting.outcome({"a.test", MX});
  CHECK_FALSE(over_udp.reset);
  CHECK(over_udp.bytes.empty());
}

TEST_CASE("answers: late, in real time") {
  scenario::NameRule late = rule(NameAnswerKind::records);
  late.answer.delay = std::chrono::seconds(3);
  Names names(with(late), {"mx"}, 3600);
  dns::QueryOutcome outcome = names.outcome({"a.test", MX});
  CHECK(outcome.wait == std::chrono::seconds(3));
  CHECK(told_by(outcome.bytes).data() == std::vector<std::string>{"10 mx.a.test"});
  CHECK(outcome.query_event().other_faults == "late");
  CHECK(outcome.query_event().answer == "noerror");
  CHECK(outcome.query_event().records == "MX 10 mx.a.test.");
}

TEST_CASE("answers: truncated, whatever its size; over TCP it is whole") {
  scenario::NameRule short_rule = rule(NameAnswerKind::records);
  short_rule.answer.truncated = true;
  Names names(with(short_rule));
  const dns::QueryOutcome cut = names.outcome({"a.test", MX});
  CHECK(told_by(cut.bytes).truncated);
  CHECK(told_by(cut.bytes).answer.empty());
  CHECK(cut.event.truncated);
  const dns::QueryOutcome whole = names.outcome({"a.test", MX}, {}, Transport::tcp);
  CHECK_FALSE(told_by(whole.bytes).truncated);
  CHECK_FALSE(whole.event.truncated);
  CHECK(told_by(whole.bytes).answer.size() == 1);
}

TEST_CASE("answers: to another query") {
  scenario::NameRule wrong = rule(NameAnswerKind::records);
  wrong.answer.wrong_part = scenario::WrongPart::id;
  Names other_id(with(wrong));
  dns::QueryOutcome outcome = other_id.outcome({"a.test", MX});
  CHECK(told_by(outcome.bytes).id == 0xEDCB);
  CHECK(told_by(outcome.bytes).question == "a.test");
  CHECK(told_by(outcome.bytes).answer.size() == 1);
  CHECK(outcome.query_event().other_faults == "wrong-id");
  CHECK(outcome.query_event().id == 0x1234); // the query's
  wrong.answer.wrong_part = scenario::WrongPart::question;
  Names other_question(with(wrong));
  outcome = other_question.outcome({"a.test", MX});
  CHECK(told_by(outcome.bytes).id == 0x1234);
  CHECK(told_by(outcome.bytes).question == "another.test");
  CHECK(outcome.query_event().other_faults == "wrong-question");
}

TEST_CASE("answers: bytes that are no answer, behind the right id") {
  Names garbage(with(rule(NameAnswerKind::garbage)));
  dns::QueryOutcome outcome = garbage.outcome({"a.test", MX});
  const Told told = told_by(outcome.bytes);
  CHECK(told.id == 0x1234);
  CHECK(told.response);
  CHECK(told.question == "a.test");
  CHECK_FALSE(told.well_formed);
  CHECK(outcome.query_event().answer == "garbage");
  scenario::NameRule raw = rule(NameAnswerKind::records);
  raw.answer.raw = "8180ff";
  Names own(with(raw));
  outcome = own.outcome({"a.test", MX});
  CHECK(outcome.bytes == "\x12\x34\x81\x80\xFF");
  CHECK(outcome.query_event().answer == "raw");
  raw.answer.raw = "";
  raw.answer.wrong_part = scenario::WrongPart::id;
  Names only_an_id(with(raw));
  CHECK(only_an_id.outcome({"a.test", MX}).bytes == "\xED\xCB");
}

TEST_CASE("answers: a referral upwards, from one who does not recurse") {
  Names names(with(rule(NameAnswerKind::lame)));
  dns::QueryOutcome outcome = names.outcome({"a.test", MX});
  const Told told = told_by(outcome.bytes);
  CHECK(told.well_formed);
  CHECK(told.rcode == 0);
  CHECK_FALSE(told.recursion_available);
  CHECK(told.answer.empty());
  REQUIRE(told.authority.size() == 1);
  CHECK(told.authority[0].owner.empty());
  CHECK(told.authority[0].type == NS);
  CHECK(outcome.query_event().answer == "lame");
}

TEST_CASE("answers: AD as a validating resolver sets it, towards those who ask for it") {
  scenario::DnsSettings secure;
  secure.authenticated = true;
  Names names(secure);
  CHECK_FALSE(names.ask({"a.test", MX}).authenticated); // an old client might choke on it
  CHECK(names.ask({"a.test", MX, 1, 0x0120}).authenticated);
  Asked asked{"a.test", MX};
  asked.edns = 1232;
  asked.dnssec_ok = true;
  CHECK(names.ask(asked).authenticated);
  CHECK(names.ask({"absent.a.test", MX, 1, 0x0120}).authenticated);
  scenario::NameRule insecure = rule(NameAnswerKind::records);
  insecure.answer.authenticated = false;
  insecure.types = {A};
  secure.answers = {insecure};
  Names mixed(secure);
  CHECK_FALSE(mixed.ask({"mx.a.test", A, 1, 0x0120}).authenticated);
  CHECK(mixed.ask({"a.test", MX, 1, 0x0120}).authenticated);
  Names bogus(with(rule(NameAnswerKind::servfail)));
  CHECK_FALSE(bogus.ask({"a.test", MX, 1, 0x0120}).authenticated);
  scenario::NameRule secured = rule(NameAnswerKind::records);
  secured.answer.authenticated = true;
  Names by_rule(with(secured));
  CHECK(by_rule.ask({"a.test", MX, 1, 0x0120}).authenticated);
}

TEST_CASE("answers: other records in place of the zone's, at their names alone") {
  scenario::NameRule moved = rule(NameAnswerKind::records);
  moved.answer.records = {record("a.test", scenario::RecordType::mx, "5 second.a.test."),
                          record("new.a.test", scenario::RecordType::a, "192.0.2.8")};
  Names names(with(moved), {"mx", "second"});
  CHECK(names.ask({"a.test", MX}).data() == std::vector<std::string>{"5 second.a.test"});
  CHECK(names.ask({"new.a.test", A}).data() == std::vector<std::string>{"c0000208"});
  CHECK(names.ask({"mx.a.test", A}).data() == std::vector<std::string>{"c0000201"});
  CHECK(names.ask({"a.test", TXT}).rcode == 0);
  CHECK(names.ask({"absent.a.test", A}).rcode == 3);
}

TEST_CASE("answers: a time to live of its own") {
  scenario::NameRule fleeting = rule(NameAnswerKind::records);
  fleeting.answer.ttl = Duration::zero();
  Names names(with(fleeting));
  CHECK(names.ask({"mx.a.test", A}).answer.at(0).ttl == 0);
  CHECK(names.ask({"absent.a.test", A}).authority.at(0).ttl == 0);
}

TEST_CASE("answers: what a scenario without rules is about is its domain's records") {
  scenario::DnsSettings plain;
  plain.records = {record("a.test", scenario::RecordType::mx, "0 .")};
  Names names(plain);
  CHECK(names.outcome({"a.test", MX}).event.met);
  CHECK_FALSE(names.outcome({"mx.a.test", A}).event.met);
  CHECK(names.outcome({"a.test", MX}).event.rule == 0);
}

TEST_CASE("answers: a query that is nobody's, and one that can't be read, in the journal") {
  Names names({});
  dns::QueryOutcome strange = names.outcome({"example.com", MX});
  CHECK(strange.query_event().answer == "refused");
  CHECK(strange.query_event().name == "example.com");
  CHECK_FALSE(strange.query_event().met);
  dns::QueryOutcome root = names.outcome({"", NS});
  CHECK(root.query_event().name == ".");
  const std::string packet = packet_of({"a.test", MX}).substr(0, 15);
  dns::QueryOutcome broken =
      names.responder.answer(packet, dns::parse_query(packet, Transport::udp, "127.0.0.1"), {});
  CHECK(broken.query_event().answer == "formerr");
  CHECK(broken.query_event().name == ".");
  CHECK(broken.query_event().type.empty());
}
