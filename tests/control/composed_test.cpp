// What a sender is given is the same whoever hands it over: `tempfail test`, or a request.
#include "control/composed.hpp"
#include "control/refusal.hpp"
#include "control_world.hpp"
#include "support/catch.hpp"

#include <boost/asio/io_context.hpp>

using namespace tempfail;

namespace {

scenario::Scenario sample() {
  scenario::Scenario scenario;
  scenario.name = "sample";
  return scenario;
}

} // namespace

TEST_CASE("composed: each message has a sender, an id and a Message-ID of its own") {
  const scenario::Scenario scenario = sample();
  const control::ComposedMessage first = control::compose(scenario, 1, 7);
  const control::ComposedMessage second = control::compose(scenario, 2, 7);
  CHECK(first.sender == "sender@sender.test");
  CHECK(second.sender == "sender-2@sender.test");
  CHECK(first.id == "1");
  CHECK(second.message_id == "sample-7-2@sender.test");
  CHECK(second.content.find("tempfail-mark-2-begin.") != std::string::npos);
}

TEST_CASE("composed: users of the scenario come before anybody") {
  scenario::Scenario scenario = sample();
  CHECK_FALSE(control::credentials_of(scenario, false));
  CHECK(control::credentials_of(scenario, true)->user == "user");
  scenario.server.auth.emplace();
  CHECK(control::credentials_of(scenario, false)->password == "secret");
  scenario.server.auth->users = {{"ann", "pw"}, {"bob", "pw2"}};
  CHECK(control::credentials_of(scenario, false)->user == "ann");
}

TEST_CASE("composed: a request composes the scenario's message, and has handed it over") {
  test::ControlWorld world;
  const control::ManagedServerPtr server = world.make("one-unknown-of-three");
  const control::ComposedView first = server->compose("");
  const control::ComposedView second = server->compose("one-unknown-of-three");
  CHECK(first.recipients.size() == 3);
  CHECK(first.user.empty());
  CHECK(second.id == "2");
  CHECK(second.sender != first.sender);
  server->add_result({"2", first.recipients[1], "failed", 0, ""});
  CHECK_THROWS_AS(server->compose("greylisted"), control::Refusal);
  const std::string journal = server->journal().after(0, 1U << 20U).text;
  CHECK(journal.find("\"content\":\"given\"") != std::string::npos);
  CHECK(journal.find("\"result\":\"failed\"") != std::string::npos);
}
