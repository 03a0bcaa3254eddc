// The choice by a mix: which recipients meet which scenario, and what a change moves.
#include "net/mix_router.hpp"
#include "support/catch.hpp"

#include <cmath>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace tempfail;

namespace {

scenario::ScenarioPtr named(const std::string& name) {
  static std::map<std::string, scenario::ScenarioPtr> made;
  if (!made.contains(name)) {
    auto scenario = std::make_shared<scenario::Scenario>();
    scenario->name = name;
    made[name] = scenario;
  }
  return made[name];
}

struct Share {
  const char* scenario;
  std::uint32_t percent;
};
struct Domain {
  const char* pattern;
  std::vector<Share> shares;
};

scenario::MixPtr mix_of(const std::vector<Domain>& domains) {
  auto mix = std::make_shared<scenario::Mix>();
  for (const Domain& domain : domains) {
    scenario::MixDomain made{domain.pattern, {}};
    for (const Share& share : domain.shares)
      made.shares.push_back({named(share.scenario), share.percent * (scenario::mix_parts / 100)});
    mix->domains.push_back(made);
  }
  return mix;
}

/// Makes each target once, and knows it again.
class World {
  std::map<std::string, session::PreparedScenarioPtr> programs_;
  std::map<std::string, std::unique_ptr<state::ServerState>> states_;
  std::map<const session::PreparedScenario*, std::string> keys_;

 public:
  explicit World(const scenario::MixPtr& mix, std::uint64_t seed = 1)
      : router(mix, seed,
               [this](const scenario::ScenarioPtr& scenario, const std::string& pattern) {
                 const std::string key = scenario->name + "/" + pattern;
                 auto& prepared = programs_[key];
                 if (!prepared) {
                   prepared = session::prepare_scenario(scenario, {});
                   states_[key] = std::make_unique<state::ServerState>(scenario, 1);
                   keys_[prepared.get()] = key;
                 }
                 ++asked;
                 return session::RecipientRouter::Target{prepared, states_[key].get()};
               }) {}

  /// "scenario/pattern"
  std::string drawn(std::string_view recipient) {
    const session::RecipientRouter::Target target = router.route(recipient);
    REQUIRE(target.prepared != nullptr);
    CHECK(target.answer_counts != nullptr);
    CHECK(target.state == states_[keys_[target.prepared.get()]].get());
    return keys_[target.prepared.get()];
  }

  int asked = 0;
  net::MixRouter router; ///< asks for its targets as it is made
};

constexpr int recipients = 100'000;

std::string recipient(int number) {
  return "user" + std::to_string(number) + "@shop.test";
}

std::vector<std::string> all_drawn(World& world) {
  std::vector<std::string> drawn;
  drawn.reserve(recipients);
  for (int i = 0; i < recipients; ++i)
    drawn.push_back(world.drawn(recipient(i)));
  return drawn;
}

/// How far a count of so many draws may be from what is expected: five standard deviations, which one run in 1.7
/// million exceeds.
double most_off(double share) {
  return 5 * std::sqrt(recipients * share * (1 - share));
}

bool is_about(int count, double share) {
  return std::abs(count - recipients * share) <= most_off(share);
}

} // namespace

TEST_CASE("mix router: the first domain that matches counts, in any letters") {
  World world(mix_of({{"gmail.test", {{"a", 100}}},
                      {"*.gmail.test", {{"b", 100}}},
                      {"mail?.test", {{"c", 100}}},
                      {"*", {{"d", 100}}}}));
  CHECK(world.drawn("x@gmail.test") == "a/gmail.test");
  CHECK(world.drawn("x@GMAIL.Test") == "a/gmail.test");
  CHECK(world.drawn("x@eu.gmail.test") == "b/*.gmail.test");
  CHECK(world.drawn("\"a@b\"@mail7.test") == "c/mail?.test");
  CHECK(world.drawn("x@mail77.test") == "d/*");
  CHECK(world.drawn("postmaster") == "d/*");
  CHECK(world.drawn("") == "d/*");
}

TEST_CASE("mix router: shares are those of the file, whatever they are") {
  World world(mix_of({{"*", {{"healthy", 80}, {"greylisted", 15}, {"unknown", 5}, {"never", 0}}}}));
  std::map<std::string, int> counts;
  for (const std::string& one : all_drawn(world))
    ++counts[one];
  CHECK(is_about(counts["healthy/*"], 0.80));
  CHECK(is_about(counts["greylisted/*"], 0.15));
  CHECK(is_about(counts["unknown/*"], 0.05));
  CHECK(counts["never/*"] == 0);
  CHECK(world.asked == 4); // targets are found once, not at each draw
}

TEST_CASE("mix router: a recipient draws the same each time, in any letters, and another by "
          "another seed") {
  const scenario::MixPtr mix = mix_of({{"*", {{"healthy", 50}, {"greylisted", 50}}}});
  World world(mix);
  World same(mix);
  World other(mix, 2);
  int differ = 0;
  for (int i = 0; i < recipients; ++i) {
    const std::string once = world.drawn(recipient(i));
    CHECK(once == same.drawn("USER" + std::to_string(i) + "@Shop.TEST"));
    differ += once == other.drawn(recipient(i)) ? 0 : 1;
  }
  CHECK(is_about(differ, 0.5));
}

TEST_CASE("mix router: domains draw by themselves") {
  World world(mix_of({{"a.test", {{"healthy", 50}, {"greylisted", 50}}},
                      {"*", {{"healthy", 50}, {"greylisted", 50}}}}));
  int differ = 0;
  for (int i = 0; i < recipients; ++i) {
    const std::string user = "user" + std::to_string(i);
    const bool one = world.drawn(user + "@a.test").starts_with("healthy");
    const bool other = world.drawn(user + "@b.test").starts_with("healthy");
    differ += one == other ? 0 : 1;
  }
  CHECK(is_about(differ, 0.5));
}

TEST_CASE("mix router: a change moves only as many recipients as it must, each to a share that has "
          "grown") {
  World world(mix_of({{"*", {{"a", 30}, {"b", 30}, {"c", 40}}}}));
  const auto before = all_drawn(world);
  world.router.change(mix_of({{"*", {{"a", 20}, {"b", 30}, {"c", 40}, {"d", 10}}}}));
  const auto after = all_drawn(world);
  int moved = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] == after[i]) continue;
    ++moved;
    CHECK(before[i] == "a/*");
    CHECK(after[i] == "d/*");
  }
  CHECK(is_about(moved, 0.10));
  world.router.change(mix_of({{"*", {{"c", 40}, {"b", 30}, {"a", 30}}}}));
  CHECK(all_drawn(world) == before); // the order of the file does not matter to a change
  CHECK(world.router.changes() == 2);
}

TEST_CASE("mix router: a change leaves other domains alone, and takes new ones in") {
  World world(mix_of({{"a.test", {{"a", 50}, {"b", 50}}}, {"*", {{"a", 100}}}}));
  std::vector<std::string> before;
  for (int i = 0; i < 1000; ++i)
    before.push_back(world.drawn("user" + std::to_string(i) + "@a.test"));
  world.router.change(
      mix_of({{"b.test", {{"b", 100}}}, {"a.test", {{"a", 50}, {"b", 50}}}, {"*", {{"a", 100}}}}));
  for (int i = 0; i < 1000; ++i)
    CHECK(world.drawn("user" + std::to_string(i) + "@a.test") ==
          before[static_cast<std::size_t>(i)]);
  CHECK(world.drawn("x@b.test") == "b/b.test");
  CHECK(world.drawn("x@c.test") == "a/*");
}

TEST_CASE("mix router: counts stay, also of shares that are gone") {
  using scenario::Stage;
  using session::AnswerOutcome;
  World world(mix_of({{"*", {{"a", 100}, {"b", 0}}}}));
  const session::RecipientRouter::Target target = world.router.route("x@a.test");
  target.answer_counts->add(Stage::rcpt, AnswerOutcome::deferred);
  world.router.change(mix_of({{"*", {{"c", 100}}}}));
  target.answer_counts->add(Stage::rcpt,
                            AnswerOutcome::deferred); // of a transaction that was under way
  const auto counts = world.router.counts();
  REQUIRE(counts.size() == 2); // nothing was counted of "b"
  CHECK(counts[0].scenario == "c");
  CHECK(counts[0].parts == scenario::mix_parts);
  CHECK_FALSE(counts[0].is_former);
  CHECK(counts[1].scenario == "a");
  CHECK(counts[1].is_former);
  CHECK(counts[1].answer_counts.count(Stage::rcpt, AnswerOutcome::deferred) == 2);
  world.router.change(mix_of({{"*", {{"a", 100}}}}));
  CHECK(world.router.route("x@a.test").answer_counts == target.answer_counts);
}
