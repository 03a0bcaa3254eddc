// Lines of the control socket and their answers.
#include "cli/control_protocol.hpp"
#include "support/catch.hpp"

#include <stdexcept>

using namespace tempfail;
using cli::control_answer;

namespace {

/// Says what was called.
class Target : public cli::ControlTarget {
 public:
  std::string advance(Duration by) override { return "advance " + std::to_string(by.count()); }
  std::string reset(const std::string& scenario) override { return "reset " + scenario; }
  std::string stop_queue(const std::string& scenario) override {
    throw std::runtime_error(scenario + " has no queue");
  }
  std::string start_queue(const std::string&) override { return ""; }
  std::string now() override { return "1h"; }
  std::string status() override { return "{}"; }
};

std::string answer(std::string_view line) {
  Target target;
  return control_answer(line, target);
}

} // namespace

TEST_CASE("control_commands_are_called_with_their_argument") {
  CHECK(answer("advance 1h") == "ok advance 3600000000");
  CHECK(answer("  advance   1s ") == "ok advance 1000000");
  CHECK(answer("reset all") == "ok reset all");
  CHECK(answer("start-queue x") == "ok");
  CHECK(answer("now") == "ok 1h");
  CHECK(answer("status") == "ok {}");
}

TEST_CASE("control_errors_are_answers") {
  CHECK(answer("stop-queue x") == "error x has no queue");
  CHECK(answer("") == "error empty line");
  CHECK(answer("advance") == "error usage: advance DURATION");
  CHECK(answer("advance 1h 2h") == "error usage: advance DURATION");
  CHECK(answer("advance soon").starts_with("error soon is no duration"));
  CHECK(answer("advance 3661d").starts_with("error 3661d is over the limit of ten years"));
  CHECK(answer("now 5").starts_with("error unknown command now 5; allowed: advance DURATION"));
  CHECK(answer("dance").starts_with("error unknown command dance"));
}

TEST_CASE("control_commands_listed_are_those_understood") {
  for (const cli::ControlCommand& command : cli::control_commands()) {
    const std::string name = command.usage.substr(0, command.usage.find(' '));
    CHECK_FALSE(answer(name + (name == command.usage ? "" : " 5s")).starts_with("error unknown"));
  }
}
