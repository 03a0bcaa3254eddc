// The log: one well-formed line for each thing that happens, whatever a server says.
#include "../runner/fixture.hpp"
#include "client/stats/log.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace tempfail::client;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> log_of(Script script, LogFormat format) {
  World world{std::move(script)};
  std::vector<std::string> lines;
  Log log{*world.clock, format, [&](std::string_view line) { lines.emplace_back(line); }};
  world.observer = &log;
  world.send(submission({"a@x.test"}));
  world.clock->run(start + 24h * 30);
  return lines;
}

} // namespace

TEST_CASE("log_as_json_tells_the_whole_story") {
  std::vector<std::string> events;
  for (const std::string& line :
       log_of({until_try("451 4.7.1 grey\r\n\"listed\"", 2)}, LogFormat::json)) {
    REQUIRE(line.ends_with("\n"));
    CHECK(line.find('\n') == line.size() - 1);
    const auto object = nlohmann::json::parse(line);
    events.push_back(object["event"]);
    if (object["event"] == "try-ended" && object["fate"] == "transient") {
      CHECK(object["recipient"] == "a@x.test");
      CHECK(object["status"] == "4.7.1");
      CHECK(object["code"] == "451");
      CHECK(object["rule"] == "later");
      CHECK(object.contains("next"));
    }
  }
  CHECK(events == std::vector<std::string>{"try-began", "connection", "try-ended", "try-began",
                                           "connection", "try-ended", "finished"});
}

TEST_CASE("log_as_key_and_value_quotes_what_needs_it") {
  const auto lines =
      log_of({for_ever("550 5.1.1 no \"such\" user\r\nevent=forged")}, LogFormat::key_value);
  bool seen = false;
  for (const std::string& line : lines) {
    CHECK(line.find('\n') == line.size() - 1);
    CHECK(line.starts_with("time=20"));
    if (line.find(R"(text="5.1.1 no \"such\" user\r\nevent=forged")") != std::string::npos)
      seen = true;
  }
  CHECK(seen);
}
