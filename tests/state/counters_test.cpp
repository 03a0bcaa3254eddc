// Triggers of rules: attempts, every, chance, windows, and by what they are counted.
#include "state/chance.hpp"
#include "state/counters.hpp"
#include "state/server_state.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace tempfail;
using namespace std::chrono_literals;
using scenario::KeyedBy;
using scenario::Rule;
using state::KeyContext;

namespace {

Rule rule_with(scenario::Trigger trigger, int line = 1) {
  Rule rule;
  rule.trigger = std::move(trigger);
  rule.line = line;
  return rule;
}

KeyContext envelope(std::string_view sender, std::string_view recipient) {
  KeyContext context;
  context.client = "192.0.2.1";
  context.connection = 1;
  context.sender = sender;
  context.has_sender = true;
  context.recipient = recipient;
  return context;
}

/// Counts of rules, as the state of a scenario whose first contact was at 0s has them.
class Counters {
 public:
  explicit Counters(std::uint64_t seed) : state_(std::make_shared<scenario::Scenario>(), seed) {
    state_.connected("192.0.2.1", 0s);
  }
  bool fires(const Rule& rule, const KeyContext& context, Moment now) {
    return state_.fires(rule, context, now);
  }

 private:
  state::ServerState state_;
};

std::string key(KeyedBy per, const KeyContext& context) {
  std::string text;
  state::append_key(per, context, text);
  return text;
}

} // namespace

TEST_CASE("a rule without a trigger always fires", "[counters]") {
  Counters counters(1);
  for (int i = 0; i < 3; ++i)
    CHECK(counters.fires(rule_with({}), envelope("a", "b"), 0s));
}

TEST_CASE("attempts are counted per envelope", "[counters]") {
  Counters counters(1);
  scenario::Trigger trigger;
  trigger.attempts = scenario::Range<std::uint64_t>{2, 3};
  const Rule rule = rule_with(trigger);
  const std::vector<bool> expected = {false, true, true, false, false};
  for (const bool fires : expected) {
    CHECK(counters.fires(rule, envelope("a", "b"), 0s) == fires);
    CHECK(counters.fires(rule, envelope("a", "c"), 0s) == fires);
  }
}

TEST_CASE("two rules count apart", "[counters]") {
  Counters counters(1);
  scenario::Trigger trigger;
  trigger.attempts = scenario::Range<std::uint64_t>{1, 1};
  CHECK(counters.fires(rule_with(trigger, 1), envelope("a", "b"), 0s));
  CHECK(counters.fires(rule_with(trigger, 2), envelope("a", "b"), 0s));
  CHECK_FALSE(counters.fires(rule_with(trigger, 1), envelope("a", "b"), 0s));
}

TEST_CASE("every n-th time", "[counters]") {
  Counters counters(1);
  scenario::Trigger trigger;
  trigger.every = 3;
  trigger.per = KeyedBy::scenario;
  for (const bool fires : {false, false, true, false, false, true})
    CHECK(counters.fires(rule_with(trigger), envelope("a", "b"), 0s) == fires);
}

TEST_CASE("a window starts at its key's first contact and is half open", "[counters]") {
  Counters counters(1);
  scenario::Trigger trigger;
  trigger.during = scenario::Range<Duration>{0s, Duration(10min)};
  const Rule rule = rule_with(trigger);
  CHECK(counters.fires(rule, envelope("a", "b"), 1h));
  CHECK(counters.fires(rule, envelope("a", "c"), 1h + 5min));
  CHECK(counters.fires(rule, envelope("a", "b"), 1h + 10min - 1us));
  CHECK_FALSE(counters.fires(rule, envelope("a", "b"), 1h + 10min));
  CHECK(counters.fires(rule, envelope("a", "c"), 1h + 10min));

  trigger.per = KeyedBy::scenario;
  CHECK_FALSE(counters.fires(rule_with(trigger, 2), envelope("a", "b"), 1h));
}

TEST_CASE("all parts of a trigger must hold", "[counters]") {
  Counters counters(1);
  scenario::Trigger trigger;
  trigger.attempts = scenario::Range<std::uint64_t>{1, 4};
  trigger.every = 2;
  trigger.during = scenario::Range<Duration>{0s, Duration(3s)};
  const Rule rule = rule_with(trigger);
  CHECK_FALSE(counters.fires(rule, envelope("a", "b"), 0s));
  CHECK(counters.fires(rule, envelope("a", "b"), 1s));
  CHECK_FALSE(counters.fires(rule, envelope("a", "b"), 2s));
  CHECK_FALSE(counters.fires(rule, envelope("a", "b"), 3s)); // the window is over
}

TEST_CASE("chance is the same for a seed, whoever else asks in between", "[counters]") {
  scenario::Trigger trigger;
  trigger.chance = 0.3;
  const Rule rule = rule_with(trigger);
  const auto run = [&](std::uint64_t seed, bool disturbed) {
    Counters counters(seed);
    std::string outcome;
    for (int i = 0; i < 200; ++i) {
      if (disturbed) counters.fires(rule, envelope("someone", "else"), 0s);
      outcome += counters.fires(rule, envelope("a", "b"), 0s) ? 'x' : '.';
    }
    return outcome;
  };
  CHECK(run(1, false) == run(1, true));
  CHECK(run(1, false) != run(2, false));
}

TEST_CASE("chance keeps its odds over keys and over times", "[counters]") {
  int over_keys = 0;
  int over_times = 0;
  for (int i = 0; i < 10'000; ++i) {
    if (state::chance_of(7, 3, std::to_string(i), 1) < 0.3) ++over_keys;
    if (state::chance_of(7, 3, "a", static_cast<std::uint64_t>(i)) < 0.3) ++over_times;
  }
  CHECK(over_keys == Approx(3000).margin(150));
  CHECK(over_times == Approx(3000).margin(150));
}

TEST_CASE("what a rule is counted per", "[counters]") {
  KeyContext context = envelope("s@x", "r@y");
  CHECK(key(KeyedBy::envelope, context) == "<s@x>r@y");
  CHECK(key(KeyedBy::sender, context) == "<s@x");
  CHECK(key(KeyedBy::recipient, context) == "r@y");
  CHECK(key(KeyedBy::client, context) == "192.0.2.1");
  CHECK(key(KeyedBy::connection, context) == "1");
  CHECK(key(KeyedBy::scenario, context).empty());
  CHECK(key(KeyedBy::message, context) == "<s@x>r@y");
  context.envelope_recipients = "q@y r@y";
  context.message = "id@x";
  CHECK(key(KeyedBy::envelope, context) == "<s@x>q@y r@y");
  CHECK(key(KeyedBy::message, context) == "id@x");

  KeyContext before_mail;
  before_mail.client = "192.0.2.1";
  CHECK(key(KeyedBy::envelope, before_mail) == "192.0.2.1");
  CHECK(key(KeyedBy::sender, before_mail) == "192.0.2.1");
  before_mail.has_sender = true; // the null reverse-path is a sender like any other
  CHECK(key(KeyedBy::envelope, before_mail) == "<>");
}

TEST_CASE("a key is of bounded length and still tells envelopes apart", "[counters]") {
  const std::string many(100'000, 'a');
  KeyContext one = envelope("s", "");
  KeyContext two = one;
  const std::string first = many + "b";
  const std::string second = many + "c";
  one.envelope_recipients = first;
  two.envelope_recipients = second;
  CHECK(key(KeyedBy::envelope, one).size() < 100);
  CHECK(key(KeyedBy::envelope, one) != key(KeyedBy::envelope, two));
}

TEST_CASE("a sender whose tag differs from try to try is one sender", "[counters]") {
  for (const KeyedBy per : {KeyedBy::envelope, KeyedBy::sender}) {
    for (const char* tagged : {"prvs=1aa=joe@a.test", "joe+1@a.test"})
      CHECK(key(per, envelope(tagged, "b")) == key(per, envelope("joe@a.test", "b")));
    CHECK(key(per, envelope("jim@a.test", "b")) != key(per, envelope("joe@a.test", "b")));
  }
}
