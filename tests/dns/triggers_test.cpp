// Which queries a rule is about, and when, of those, it fires.
#include "dns/packet.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::test;
using namespace std::chrono_literals;
using scenario::NameAnswerKind;
using scenario::Transport;

namespace {

scenario::DnsSettings with(std::vector<scenario::NameRule> rules) {
  scenario::DnsSettings names;
  names.answers = std::move(rules);
  return names;
}

bool fails(Names& names, const Asked& asked, Moment now = {}, Transport over = Transport::udp) {
  return names.ask(asked, now, over).rcode == 2;
}

} // namespace

TEST_CASE("triggers: by type, by name, by transport; the first rule that fits") {
  scenario::NameRule first = rule(NameAnswerKind::servfail, 1);
  first.types = {MX};
  first.names = {"a.test"};
  scenario::NameRule second = rule(NameAnswerKind::refused, 2);
  second.transport = Transport::tcp;
  scenario::NameRule third = rule(NameAnswerKind::nxdomain, 3);
  third.names = {"*.absent.a.test", "x?.a.test"};
  Names names(with({first, second, third}));
  CHECK(names.ask({"a.test", MX}).rcode == 2);
  CHECK(names.ask({"A.TEST", MX}).rcode == 2);
  CHECK(names.ask({"a.test", MX}, {}, Transport::tcp).rcode == 2);
  CHECK(names.ask({"a.test", A}).rcode == 0);
  CHECK(names.ask({"mx.a.test", MX}).rcode == 0);
  CHECK(names.ask({"mx.a.test", A}, {}, Transport::tcp).rcode == 5);
  CHECK(names.ask({"x1.a.test", A}).rcode == 3);
  CHECK(names.ask({"mx.a.test", A}).rcode == 0);
}

TEST_CASE("triggers: the first four queries, and each third") {
  scenario::NameRule times = rule(NameAnswerKind::servfail);
  times.trigger.attempts = scenario::Range<std::uint64_t>{1, 4};
  times.types = {MX};
  Names names(with({times}));
  for (int i = 0; i < 4; ++i) {
    CHECK(fails(names, {"a.test", MX}));
    CHECK_FALSE(fails(names, {"mx.a.test", A})); // not counted: not what the rule is about
  }
  CHECK_FALSE(fails(names, {"a.test", MX}));
  scenario::NameRule every = rule(NameAnswerKind::servfail);
  every.trigger.every = 3;
  Names third(with({every}));
  std::string seen;
  for (int i = 0; i < 7; ++i)
    seen += fails(third, {"a.test", MX}) ? 'F' : '.';
  CHECK(seen == "..F..F.");
}

TEST_CASE("triggers: a window begins with the first query of the zone, whatever it asks for") {
  scenario::NameRule window = rule(NameAnswerKind::servfail);
  window.trigger.during = scenario::Range<Duration>{Duration::zero(), 2h};
  window.types = {MX};
  Names names(with({window}), {"mx"}, 3600);
  CHECK_FALSE(fails(names, {"mx.a.test", A}, 10h));
  CHECK(fails(names, {"a.test", MX}, 11h));
  CHECK(fails(names, {"a.test", MX}, 12h - 1us));
  CHECK_FALSE(fails(names, {"a.test", MX}, 12h));
  names.zone().reset_state();
  CHECK(fails(names, {"a.test", MX}, 20h));
  CHECK_FALSE(fails(names, {"a.test", MX}, 22h));
}

TEST_CASE("triggers: a silent window is fifteen seconds of real time at least") {
  scenario::NameRule silence = rule(NameAnswerKind::silence);
  silence.trigger.during = scenario::Range<Duration>{1min, 2min};
  const auto is_silent = [&silence](double scale, Duration after) {
    Names names(with({silence}), {"mx"}, scale);
    names.ask({"a.test", MX}, 1h);
    return names.outcome({"a.test", MX}, 1h + after).bytes.empty();
  };
  CHECK_FALSE(is_silent(3600, 59s)); // it begins when it says
  CHECK(is_silent(3600, 15h));
  CHECK_FALSE(is_silent(3600, 15h + 1min));
  CHECK_FALSE(is_silent(1, 2min));
  CHECK(is_silent(1, 2min - 1us));
  CHECK_FALSE(is_silent(0, 2min)); // moved by hand: nobody waits
  scenario::NameRule code = rule(NameAnswerKind::servfail);
  code.trigger = silence.trigger;
  Names others(with({code}), {"mx"}, 3600);
  others.ask({"a.test", MX}, 1h);
  CHECK_FALSE(fails(others, {"a.test", MX}, 1h + 2min)); // nobody waits for it
}

TEST_CASE("triggers: chance is drawn from the seed") {
  scenario::NameRule half = rule(NameAnswerKind::servfail);
  half.trigger.chance = 0.5;
  const auto draw = [&half] {
    Names names(with({half}));
    std::string seen;
    for (int i = 0; i < 64; ++i)
      seen += fails(names, {"a.test", MX}) ? 'F' : '.';
    return seen;
  };
  const std::string once = draw();
  CHECK(once == draw());
  CHECK(once.find('F') != std::string::npos);
  CHECK(once.find('.') != std::string::npos);
}
