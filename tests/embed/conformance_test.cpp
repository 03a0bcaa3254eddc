// What all fixtures have to do (fixtures/conformance.json), here without the API.
#include "embed/raw_dialogue.hpp"
#include "support/catch.hpp"
#include "tempfail/server.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>

using Json = nlohmann::json;
using namespace tempfail;

namespace {

std::chrono::microseconds duration_of(const std::string& text) {
  const std::chrono::seconds unit =
      text.back() == 'h' ? std::chrono::hours(1) : std::chrono::minutes(1);
  return unit * std::stoi(text);
}

std::chrono::milliseconds wait_of(const Json& step) {
  return std::chrono::milliseconds(std::stoi(step.at("wait").get<std::string>()));
}

Options options_of(const Json& entry) {
  Options options;
  for (const auto& [key, value] : entry.at("options").items()) {
    if (key == "role")
      options.role = value;
    else if (key == "clock")
      options.manual_clock = value == "manual";
    else if (key == "auth")
      options.auth = value;
    else if (key == "tls")
      options.tls = value;
    else if (key == "without")
      options.without = value.get<std::vector<std::string>>();
    else if (key == "queue_lifetime")
      options.queue_lifetime = std::chrono::hours(24) * std::stoi(value.get<std::string>());
    else
      throw std::runtime_error("this suite does not know the option " + key);
  }
  return options;
}

Outcome outcome_of(const Json& said) {
  return {said.at("result"), said.value("code", 0), said.value("status", ""),
          said.value("recipient", "")};
}

void says(const std::string& text, const Json& wanted) {
  for (const std::string part : wanted.value("says", Json::array())) {
    INFO(part << " is not in:\n" << text);
    CHECK(text.find(part) != std::string::npos);
  }
}

void fails(const Json& wanted, const std::function<void()>& call) {
  const std::map<Error::Kind, std::string> words = {{Error::Kind::other, "error"},
                                                    {Error::Kind::refused, "refused"},
                                                    {Error::Kind::not_in_time, "not-in-time"}};
  try {
    call();
  } catch (const Error& error) {
    CHECK(words.at(error.kind()) == wanted.at("error").get<std::string>());
    says(error.what(), wanted);
    return;
  }
  FAIL("no error");
}

void expect(Server& server, const Json& step) {
  server.expect(step.value("sender", ""), step.at("recipients"), step.value("message", ""));
}

void check_tries(Server& server, const Json& step) {
  const std::vector<Try> tries = server.tries(step.at("wait_for"));
  REQUIRE(tries.size() == step.at("are").size());
  for (std::size_t i = 0; i < tries.size(); ++i) {
    const Json& wanted = step.at("are").at(i);
    CHECK(tries[i].recipient == wanted.at("recipient").get<std::string>());
    CHECK(tries[i].result == wanted.at("result").get<std::string>());
    CHECK(tries[i].code == wanted.at("code").get<int>());
  }
}

void check_accepted(Server& server, const Json& step) {
  const std::vector<Accepted> messages = server.accepted(step.value("wait_for", 0U));
  REQUIRE(messages.size() == step.at("are").size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Json& wanted = step.at("are").at(i);
    CHECK(messages[i].sender == wanted.at("sender").get<std::string>());
    CHECK(messages[i].header("subject").value_or("") == wanted.value("subject", ""));
    CHECK(messages[i].content.find(wanted.value("contains", "")) != std::string::npos);
    if (wanted.contains("recipients"))
      CHECK(messages[i].recipients == wanted.at("recipients").get<std::vector<std::string>>());
  }
}

void check_failure(Server& server, const Json& step) {
  const Verdict verdict = server.judge();
  CHECK_FALSE(verdict.passed);
  says(verdict.text, step);
  if (step.contains("answer")) CHECK(verdict.answer == step.at("answer").get<std::string>());
  if (step.contains("rules"))
    CHECK(verdict.failures == step.at("rules").get<std::vector<std::string>>());
}

void call_of(Server& server, const Json& step) {
  const std::string of = step.at("of");
  if (of == "tries")
    server.tries(step.at("count"), wait_of(step));
  else if (of == "accepted")
    server.accepted(step.at("count"), wait_of(step));
  else if (of == "advance")
    server.advance(duration_of(step.at("by")));
  else if (of == "queue")
    server.set_queue(step.at("state") == "started");
  else if (of == "report")
    server.report(outcome_of(step.at("outcome")));
  else if (of == "expect")
    expect(server, step);
  else
    throw std::runtime_error("this suite does not know the error of " + of);
}

using Steps = std::map<std::string, std::function<void(Server&, const Json&)>>;

const Steps& steps() {
  static const Steps all = {
      {"address",
       [](Server& server, const Json& step) {
         CHECK(server.host() == step.at("host").get<std::string>());
         CHECK(server.address() == server.host() + ":" + std::to_string(server.port()));
       }},
      {"expect", expect},
      {"talk",
       [](Server& server, const Json& step) {
         test::talk(server.host(), server.port(), step.at("dialogue"));
       }},
      {"advance",
       [](Server& server, const Json& step) { server.advance(duration_of(step.at("by"))); }},
      {"reset", [](Server& server, const Json&) { server.reset(); }},
      {"queue",
       [](Server& server, const Json& step) { server.set_queue(step.at("state") == "started"); }},
      {"report",
       [](Server& server, const Json& step) { server.report(outcome_of(step.at("outcome"))); }},
      {"tries", check_tries},
      {"accepted", check_accepted},
      {"dialogue",
       [](Server& server, const Json& step) {
         says(server.dialogue(), step);
         CHECK(server.dialogue().empty() == step.at("says").empty());
       }},
      {"authority",
       [](Server& server, const Json&) {
         CHECK(server.ca().rfind("-----BEGIN CERTIFICATE-----", 0) == 0);
       }},
      {"passes",
       [](Server& server, const Json& step) {
         const Verdict verdict = server.judge();
         INFO(verdict.text);
         CHECK(verdict.passed);
         CHECK(verdict.answer == step.at("answer").get<std::string>());
         CHECK(verdict.guessed == step.at("guessed").get<bool>());
       }},
      {"fails", check_failure},
      {"error",
       [](Server& server, const Json& step) { fails(step, [&] { call_of(server, step); }); }},
  };
  return all;
}

bool is_only_for_the_api(const Json& what) {
  return what.value("only", "") == "api";
}

void run_server(const Json& entry) {
  auto server =
      std::make_unique<Server>(entry.at("scenario").get<std::string>(), options_of(entry));
  const std::string host = server->host();
  const std::uint16_t port = server->port();
  for (const Json& step : entry.at("steps")) {
    const std::string name = step.at("do");
    if (is_only_for_the_api(step)) continue;
    if (name == "close") {
      server.reset();
    } else if (name == "closed") {
      CHECK(test::is_refused(host, port));
    } else if (const auto found = steps().find(name); found != steps().end()) {
      found->second(*server, step);
    } else {
      FAIL("this suite does not know the step " << name);
    }
  }
}

void run_cases(const Json& entry) {
  const std::vector<std::string> names = scenarios(entry.at("patterns"));
  const auto has = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (std::size_t i = 0; i < entry.at("begin_with").size(); ++i)
    CHECK(names.at(i) == entry.at("begin_with").at(i).get<std::string>());
  for (const std::string name : entry.at("include"))
    CHECK(has(name));
  for (const std::string name : entry.at("leave_out"))
    CHECK_FALSE(has(name));
}

void run_case(const Json& entry) {
  Options options = options_of(entry);
  options.role = "one-shot";
  options.manual_clock = false;
  const std::vector<std::string> names = scenarios({entry.at("pattern")});
  REQUIRE(names.size() == 1);
  Server server(names.front(), options);
  const Task task = server.compose();
  REQUIRE(task.recipients.size() == entry.value("recipients", 1U));
  std::string content = task.content;
  for (std::size_t at = 0; (at = content.find("\r\n.", at)) != std::string::npos; at += 4)
    content.insert(at + 2, ".");
  std::map<std::string, std::string> values = {{"{sender}", task.sender}, {"{content}", content}};
  for (std::size_t i = 0; i < task.recipients.size(); ++i)
    values["{recipient-" + std::to_string(i + 1) + "}"] = task.recipients[i];
  test::talk(server.host(), server.port(), entry.at("dialogue"), values);
  for (const Json& outcome : entry.at("outcomes"))
    server.report(outcome_of(outcome));
  const Verdict verdict = server.judge();
  const std::string becomes = entry.at("becomes");
  const bool skipped = verdict.answer == "not-met" || verdict.answer == "not-applicable";
  INFO(verdict.text);
  CHECK((verdict.passed ? "passes" : skipped ? "skips" : "fails") == becomes);
  if (becomes == "fails") says(verdict.text, entry);
}

} // namespace

TEST_CASE("embed: what all fixtures have to do") {
  std::ifstream file(TEMPFAIL_CONFORMANCE);
  const Json document = Json::parse(file);
  REQUIRE(document.at("format") == "tempfail-fixture-conformance");
  REQUIRE(document.at("format_version") == 1);
  const std::map<std::string, std::function<void(const Json&)>> kinds = {
      {"server", run_server},
      {"no-server",
       [](const Json& entry) {
         fails(entry, [&] { Server(entry.at("scenario"), options_of(entry)); });
       }},
      {"cases", run_cases},
      {"no-cases",
       [](const Json& entry) { fails(entry, [&] { scenarios(entry.at("patterns")); }); }},
      {"case", run_case},
  };
  std::size_t run = 0;
  for (const Json& entry : document.at("entries")) {
    const std::string name = entry.at("name");
    if (is_only_for_the_api(entry)) continue;
    DYNAMIC_SECTION(name) {
      const auto kind = kinds.find(entry.at("kind"));
      REQUIRE(kind != kinds.end());
      kind->second(entry);
    }
    ++run;
  }
  CHECK(run >= 20);
}
