// tempfail-send with one virtue taken away, named by $TEMPFAIL_WRONG: a sender that the judge must catch.
#include "client/cli/program.hpp"
#include "client/cli/sending.hpp"
#include "wrong_deliverers.hpp"

#include <cstdlib>
#include <iostream>
#include <string>

namespace client = tempfail::client;

namespace {

/// The right decision, spoilt.
client::RunnerOptions::Decide wrong_decision(const std::string& name) {
  using client::Decision, client::Duration, client::Moment, client::Policy, client::RecipientResult,
      client::RetryState;
  if (name == "retry-5yz") {
    return [](const Policy& policy, RetryState& state, RecipientResult result, Moment now,
              std::uint64_t seed) {
      result.fate = client::Fate::transient;
      return client::decide(policy, state, result, now, seed);
    };
  }
  if (name == "no-retry") {
    return [](const Policy& policy, RetryState& state, RecipientResult result, Moment now,
              std::uint64_t seed) {
      result.fate = client::Fate::permanent;
      return client::decide(policy, state, result, now, seed);
    };
  }
  if (name == "too-early") {
    return [](const Policy& policy, RetryState& state, const RecipientResult& result, Moment now,
              std::uint64_t seed) {
      Decision decision = client::decide(policy, state, result, now, seed);
      decision.next = now + (decision.next - now) / 20;
      return decision;
    };
  }
  if (name == "no-back-off") {
    return [](const Policy& policy, RetryState& state, const RecipientResult& result, Moment now,
              std::uint64_t seed) {
      Decision decision = client::decide(policy, state, result, now, seed);
      decision.next = now + Duration(std::chrono::minutes(35));
      return decision;
    };
  }
  return {};
}

} // namespace

int main(int argc, char** argv) {
  const char* wrong = std::getenv("TEMPFAIL_WRONG");
  const std::string name = wrong != nullptr ? wrong : "";
  client::test_hooks().decide = wrong_decision(name);
  client::test_hooks().wrap = [name](client::Deliverer& real) {
    return client::make_wrong_deliverer(name, real);
  };
  return client::run_program(argc, argv);
}
