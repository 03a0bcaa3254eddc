// What a case will run.
#include "cli/case_plan.hpp"
#include "cli/error.hpp"
#include "cli/find_program.hpp"
#include "control/composed.hpp"
#include "support/catch.hpp"

using namespace tempfail;

namespace {

scenario::Scenario sample() {
  scenario::Scenario scenario;
  scenario.name = "disk-full";
  scenario.family = "disk";
  return scenario;
}

cli::TestOptions options(std::vector<std::string> command) {
  cli::TestOptions result;
  result.command = std::move(command);
  result.run.seed = 7;
  result.run.time_scale = 3600;
  return result;
}

} // namespace

TEST_CASE("plan_runs_fills_in_every_argument") {
  const auto runs =
      cli::plan_runs(sample(), options({"send", "{host}:{port}", "{recipient}", "{time_scale}"}),
                     "/r/cases/disk-full", {"::1", "2525", "", ""});
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].arguments ==
        std::vector<std::string>{"send", "::1:2525", "recipient-1@disk-full.test", "3600"});
  REQUIRE(runs[0].handovers.size() == 1);
  CHECK(runs[0].handovers[0].message_file == "/r/cases/disk-full/message.eml");
  CHECK(runs[0].handovers[0].message.find("Message-ID: <disk-full-7@sender.test>") !=
        std::string::npos);
}

TEST_CASE("plan_runs_gives_every_run_a_message_and_a_sender_of_its_own") {
  scenario::Scenario scenario = sample();
  scenario.test.runs = 3;
  scenario.test.recipients = 2;
  const auto runs =
      cli::plan_runs(scenario, options({"send", "{message}", "{sender}", "{recipients}"}), "/c",
                     {"h", "1", "", ""});
  REQUIRE(runs.size() == 3);
  CHECK(runs[0].arguments[2] == "sender@sender.test");
  CHECK(runs[2].arguments ==
        std::vector<std::string>{"send", "/c/message-3.eml", "sender-3@sender.test",
                                 "recipient-1@disk-full.test,recipient-2@disk-full.test"});
  CHECK(runs[2].handovers[0].id == "3");
  CHECK(runs[0].handovers[0].message != runs[1].handovers[0].message);
}

TEST_CASE("plan_runs_takes_the_sender_that_the_scenario_says") {
  scenario::Scenario scenario = sample();
  scenario.test.runs = 2;
  scenario.test.sender = "me@disk-full.test";
  const auto runs =
      cli::plan_runs(scenario, options({"send", "{sender}"}), "/c", {"h", "1", "", ""});
  CHECK(runs[1].handovers[0].sender == "me@disk-full.test");
  scenario.test.sender = "";
  const auto from_nobody =
      cli::plan_runs(scenario, options({"send", "{sender}"}), "/c", {"h", "1", "", ""});
  CHECK(from_nobody[1].arguments == std::vector<std::string>{"send", ""});
  CHECK(from_nobody[1].handovers[0].sender.empty());
  CHECK(from_nobody[1].handovers[0].message.find("From: <sender-2@sender.test>") !=
        std::string::npos);
}

TEST_CASE("plan_runs_puts_recipients_in_each_domain_in_turn_where_that_is_asked_for") {
  scenario::Scenario scenario = sample();
  scenario.test.recipients = 3;
  scenario.names.emplace();
  scenario.names->domains = {"a.test", "b.test"};
  CHECK(control::case_recipients(scenario) ==
        std::vector<std::string>{"recipient-1@a.test", "recipient-2@a.test", "recipient-3@a.test"});
  scenario.test.rotates_domains = true;
  CHECK(control::case_recipients(scenario) ==
        std::vector<std::string>{"recipient-1@a.test", "recipient-2@b.test", "recipient-3@a.test"});
}

TEST_CASE("plan_runs_gives_a_run_as_many_messages_as_the_scenario_says") {
  scenario::Scenario scenario = sample();
  scenario.test.runs = 2;
  scenario.test.messages = 3;
  const auto runs =
      cli::plan_runs(scenario, options({"send", "{handovers}", "{message}", "{result}"}), "/c",
                     {"h", "1", "", ""});
  REQUIRE(runs.size() == 2);
  REQUIRE(runs[1].handovers.size() == 3);
  CHECK(runs[0].handovers[2].id == "3");
  CHECK(runs[1].handovers[0].id == "4");
  CHECK(runs[1].handovers[2].sender == "sender-6@sender.test");
  CHECK(runs[1].arguments == std::vector<std::string>{"send", "/c/handovers-2.json",
                                                      "/c/message-4.eml", "/c/result-2.jsonl"});
}

TEST_CASE("plan_runs_knows_whether_the_command_is_told_where_its_message_is") {
  const auto given = [](std::vector<std::string> command) {
    return cli::plan_runs(sample(), options(std::move(command)), "/c", {"h", "1", "", ""})
        .front()
        .handovers.front()
        .given;
  };
  CHECK_FALSE(given({"send", "{host}", "--to", "{recipient}"}));
  for (const char* argument : {"{message}", "--file={message_lf}", "{handover}", "{handovers}",
                               "mail < $TEMPFAIL_MESSAGE"})
    CHECK(given({"send", argument}));
}

TEST_CASE("plan_runs_only_offers_what_the_command_is_not_told_of") {
  scenario::Scenario scenario = sample();
  scenario.test.messages = 2;
  const auto second = [&](std::vector<std::string> command) {
    return cli::plan_runs(scenario, options(std::move(command)), "/c", {"h", "1", "", ""})
        .front()
        .handovers.at(1);
  };
  CHECK(second({"send", "{host}"}).offered);
  CHECK(second({"send", "{message}"}).offered);
  CHECK_FALSE(second({"send", "{message}"}).given);
  CHECK(second({"send", "{handover}"}).offered);
  for (const char* argument : {"{handovers}", "send < $TEMPFAIL_HANDOVERS"}) {
    CHECK_FALSE(second({"send", argument}).offered);
    CHECK(second({"send", argument}).given);
  }
  const auto runs = cli::plan_runs(scenario, options({"send", "{host}"}), "/c", {"h", "1", "", ""});
  CHECK_FALSE(runs.front().handovers.front().offered);
}

TEST_CASE("plan_runs_hands_over_what_the_scenario_asks_for") {
  scenario::Scenario scenario = sample();
  scenario.test.requests = {"success,failure", "hdrs", "a b+c", "rfc822;r=1@x", true};
  scenario.test.smtputf8 = true;
  const auto run =
      cli::plan_runs(scenario, options({"{notify}", "{ret}", "{envid}", "{orcpt}", "{parameters}"}),
                     "/c", {"h", "1", "", ""})
          .front();
  const std::vector<std::string> parameters = {
      "SMTPUTF8",        "NOTIFY=SUCCESS,FAILURE", "RET=HDRS",
      "ENVID=a+20b+2Bc", "ORCPT=rfc822;r+3D1@x",   "REQUIRETLS"};
  CHECK(run.handovers[0].parameters == parameters);
  CHECK(run.handovers[0].untold_parameters.empty());
  CHECK(run.arguments ==
        std::vector<std::string>{"success,failure", "hdrs", "a b+c", "rfc822;r=1@x",
                                 "SMTPUTF8 NOTIFY=SUCCESS,FAILURE RET=HDRS ENVID=a+20b+2Bc "
                                 "ORCPT=rfc822;r+3D1@x REQUIRETLS"});
}

TEST_CASE("plan_runs_knows_which_requests_the_command_is_not_told_of") {
  scenario::Scenario scenario = sample();
  scenario.test.requests = {"never", "hdrs", "x", "rfc822;a@x", true};
  scenario.test.smtputf8 = true;
  const auto untold = [&](std::vector<std::string> command) {
    return cli::plan_runs(scenario, options(std::move(command)), "/c", {"h", "1", "", ""})[0]
        .handovers[0]
        .untold_parameters;
  };
  CHECK(untold({"send", "{message}"}) == std::vector<std::string>{"NOTIFY=NEVER", "RET=HDRS",
                                                                  "ENVID=x", "ORCPT=rfc822;a@x",
                                                                  "REQUIRETLS"});
  CHECK(untold({"send", "-N{notify}", "{ret}"}) ==
        std::vector<std::string>{"ENVID=x", "ORCPT=rfc822;a@x", "REQUIRETLS"});
  CHECK(untold({"sh", "-c", "send $TEMPFAIL_ENVID {orcpt}"}) ==
        std::vector<std::string>{"NOTIFY=NEVER", "RET=HDRS", "REQUIRETLS"});
  for (const char* all :
       {"{parameters}", "{handover}", "{handovers}", "$TEMPFAIL_HANDOVER", "$TEMPFAIL_PARAMETERS"})
    CHECK(untold({"send", all}).empty());
}

TEST_CASE("plan_runs_has_the_scenario_s_own_sender") {
  const auto runs = [](const char* sender) {
    scenario::Scenario scenario = sample();
    scenario.test.sender = sender;
    scenario.test.runs = 2;
    return cli::plan_runs(scenario, options({"send", "{sender}"}), "/c", {"h", "1", "", ""});
  };
  const auto routed = runs("@hop.test,@next.test:user@a.test");
  CHECK(routed[0].arguments[1] == "@hop.test,@next.test:user@a.test");
  CHECK(routed[1].handovers[0].sender == "@hop.test,@next.test:user@a.test");
  CHECK(routed[1].handovers[0].message.find("From: <user@a.test>") != std::string::npos);
  const auto nobody = runs("");
  CHECK(nobody[1].arguments[1].empty());
  CHECK(nobody[1].handovers[0].message.find("From: <sender-2@sender.test>") != std::string::npos);
}

TEST_CASE("plan_runs_gives_credentials_where_auth_is_offered") {
  cli::TestOptions with_auth = options({"send", "{user}", "{password}"});
  CHECK(cli::plan_runs(sample(), with_auth, "/c", {"h", "1", "", ""})[0].arguments[1].empty());
  with_auth.run.auth = true;
  CHECK(cli::plan_runs(sample(), with_auth, "/c", {"h", "1", "", ""})[0].arguments ==
        std::vector<std::string>{"send", "user", "secret"});
}

TEST_CASE("plan_runs_refuses_an_unknown_placeholder") {
  CHECK_THROWS_AS(cli::plan_runs(sample(), options({"send", "{prot}"}), "/c", {"h", "1", "", ""}),
                  cli::UsageError);
}

TEST_CASE("find_program_looks_where_a_shell_does") {
  CHECK(cli::find_program("sh").filename() == "sh");
  CHECK(cli::find_program("/bin/sh") == "/bin/sh");
  CHECK(cli::find_program("no-such-program-here").empty());
  CHECK(cli::find_program("/tmp").empty());
}
