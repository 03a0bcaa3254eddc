// The wire: what is taken for a query, and the headers of what goes back.
#include "dns/message.hpp"

#include "dns/packet.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;

namespace {

scenario::DnsSettings plain() {
  return {};
}

/// The reply to bytes that are no query at all, or no right one.
std::string reply_to(const std::string& bytes) {
  Names names(plain());
  return names.responder
      .answer(bytes, dns::parse_query(bytes, scenario::Transport::udp, "127.0.0.1"), {})
      .bytes;
}

} // namespace

TEST_CASE("message: a query as it came goes back, letter by letter, from a recursive resolver") {
  Names names(plain());
  const Told told = names.ask({"mX.A.tesT", A});
  REQUIRE(told.well_formed);
  CHECK(told.id == 0x1234);
  CHECK(told.response);
  CHECK(told.opcode == 0);
  CHECK_FALSE(told.authoritative);
  CHECK_FALSE(told.truncated);
  CHECK(told.recursion_desired);
  CHECK(told.recursion_available);
  CHECK_FALSE(told.authenticated);
  CHECK_FALSE(told.checking_disabled);
  CHECK(told.question == "mX.A.tesT");
  CHECK(told.question_type == A);
  CHECK(told.data() == std::vector<std::string>{"c0000201"});
  CHECK_FALSE(told.edns);
  CHECK(names.ask({"mx.a.test", A, 1, 0x0010}).checking_disabled);
  CHECK_FALSE(names.ask({"mx.a.test", A, 1, 0x0010}).recursion_desired);
}

TEST_CASE("message: EDNS is answered with EDNS, and DO comes back") {
  Names names(plain());
  Asked asked{"a.test", MX};
  asked.edns = 4096;
  asked.dnssec_ok = true;
  const Told told = names.ask(asked);
  REQUIRE(told.well_formed);
  CHECK(told.edns == 1232);
  CHECK(told.dnssec_ok);
  asked.dnssec_ok = false;
  CHECK_FALSE(names.ask(asked).dnssec_ok);
  asked.edns_version = 1;
  const Told refused = names.ask(asked);
  REQUIRE(refused.well_formed);
  CHECK(refused.rcode == 16);
  CHECK(refused.answer.empty());
}

TEST_CASE("message: what can't be read is told so, with the id it came with") {
  std::string packet = packet_of({"a.test", MX});
  const auto formerr = [](const std::string& bytes) {
    const Told told = told_by(bytes);
    return told.well_formed && told.response && told.id == 0x1234 && told.rcode == 1 &&
           told.recursion_available && told.recursion_desired;
  };
  for (std::size_t size = 12; size < packet.size(); ++size) {
    INFO("cut to " << size);
    CHECK(formerr(reply_to(packet.substr(0, size))));
  }
  for (const unsigned questions : {0U, 2U, 65535U}) {
    Asked asked{"a.test", MX};
    asked.questions = static_cast<std::uint16_t>(questions);
    INFO(questions << " questions");
    CHECK(formerr(reply_to(packet_of(asked))));
  }
  std::string loop = packet;
  loop[12] = '\xC0'; // a name that is its own beginning
  loop[13] = '\x0C';
  CHECK(formerr(reply_to(loop)));
}

TEST_CASE("message: nothing is said to what is no query") {
  const std::string packet = packet_of({"a.test", MX});
  for (std::size_t size = 0; size < 12; ++size)
    CHECK(reply_to(packet.substr(0, size)).empty());
  Asked reply{"a.test", MX};
  reply.flags = 0x8180; // two servers would answer each other for ever
  CHECK(reply_to(packet_of(reply)).empty());
}

TEST_CASE("message: other operations, classes and transfers are declined") {
  Names names(plain());
  Asked asked{"a.test", MX};
  asked.flags = 0x2900; // UPDATE
  CHECK(names.ask(asked).rcode == 4);
  CHECK(names.ask(asked).opcode == 5);
  asked.flags = 0x0100;
  asked.wire_class = 3; // CHAOS
  CHECK(names.ask(asked).rcode == 5);
  asked.wire_class = 1;
  for (const unsigned transfer : {251U, 252U}) {
    asked.type = static_cast<std::uint16_t>(transfer);
    CHECK(names.ask(asked).rcode == 5);
  }
}

TEST_CASE("message: what is too long for the client is truncated over UDP, and whole over TCP") {
  scenario::DnsSettings many;
  for (int i = 1; i <= 30; ++i)
    many.records.push_back(
        record("a.test", scenario::RecordType::mx,
               std::to_string(i) + " mx-number-" + std::to_string(i) + ".a.test."));
  Names names(many);
  Asked asked{"a.test", MX};
  const dns::QueryOutcome cut = names.outcome(asked);
  CHECK(cut.bytes.size() <= 512);
  CHECK(cut.event.truncated);
  CHECK(cut.records.empty());
  const Told told = told_by(cut.bytes);
  REQUIRE(told.well_formed);
  CHECK(told.truncated);
  CHECK(told.rcode == 0);
  CHECK(told.answer.empty());
  asked.edns = 1232;
  const Told whole = names.ask(asked);
  CHECK_FALSE(whole.truncated);
  CHECK(whole.answer.size() == 30);
  asked.edns = 600; // less than it is
  CHECK(names.ask(asked).truncated);
  asked.edns = 100; // nobody takes less than 512
  CHECK(names.outcome(asked).bytes.size() < 100);
  asked.edns.reset();
  const Told over_tcp = names.ask(asked, {}, scenario::Transport::tcp);
  CHECK_FALSE(over_tcp.truncated);
  REQUIRE(over_tcp.answer.size() == 30);
  CHECK(over_tcp.answer.front().data == "1 mx-number-1.a.test");
  CHECK(over_tcp.answer.back().data == "30 mx-number-30.a.test");
}

TEST_CASE("message: over UDP nothing is longer than what goes whole through a network") {
  scenario::DnsSettings many;
  for (int i = 1; i <= 80; ++i)
    many.records.push_back(
        record("a.test", scenario::RecordType::mx,
               std::to_string(i) + " mx-number-" + std::to_string(i) + ".a.test."));
  Names names(many);
  Asked asked{"a.test", MX};
  asked.edns = 4096;
  CHECK(names.ask(asked).truncated);
  CHECK(names.ask(asked, {}, scenario::Transport::tcp).answer.size() == 80);
}

TEST_CASE("message: types by their names") {
  CHECK(dns::type_name(15) == "MX");
  CHECK(dns::type_name(28) == "AAAA");
  CHECK(dns::type_name(52) == "TLSA");
  CHECK(dns::type_name(61234) == "TYPE61234");
}
