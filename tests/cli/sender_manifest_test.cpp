// What a sender's manifest says, and the mistakes in it.
#include "cli/sender_manifest.hpp"
#include "support/catch.hpp"

using namespace tempfail::cli;

namespace {

const std::string least = R"(summary: Ours
program: ours
language: C
role: one-shot
command: [ours, "{host}"]
)";

ManifestResult read(const std::string& text) {
  return read_manifest(text, "/senders/ours", "/cache");
}

/// The mistakes, as they are told.
std::vector<std::string> mistakes_in(const std::string& text) {
  std::vector<std::string> told;
  for (const auto& mistake : read(text).mistakes)
    told.push_back(mistake.to_string());
  return told;
}

} // namespace

TEST_CASE("the least that a manifest says") {
  const auto result = read(least);
  REQUIRE(result.manifest);
  const SenderManifest& sender = *result.manifest;
  CHECK(sender.name == "ours");
  CHECK(sender.cache == "/cache/ours");
  CHECK(sender.role == "one-shot");
  CHECK(sender.command == std::vector<std::string>{"ours", "{host}"});
  CHECK(sender.tls_policies == std::vector<std::string>{"none"});
  CHECK(sender.mx == LooksUpMx::always);
  CHECK(sender.time_scale == 1);
  CHECK_FALSE(sender.stays);
  CHECK_FALSE(sender.ends_when_empty);
}

TEST_CASE("all that a manifest can say") {
  const auto result = read(R"(
summary: Ours
program: ours
language: C
role: queueing
stays: yes
tls-policy: [required, verified]
mx: in-a-lab
without: [dsn, auth]
exit: {temporary: [4, 75], permanent: 1}
notifications: yes
ends-when-empty: yes
scaled-timeouts: yes
shortest-retry: 2s
queue-lifetime: 5d
timeout: 2m
needs:
  - {program: ours, get: apt-get install ours}
  - {what: its library, see: [test, -e, "{sender_cache}/lib"]}
  - {root: it changes users}
set-up: [[make, "{sender_cache}"], true]
version: [ours, --version]
command: [ours, "{sender_dir}/x", "{{", "{message}"]
environment: {LIB: "{sender_cache}/lib"}
options: {"*": {meaning: any, adds: [-o, "{name}={value}"]}}
)");
  REQUIRE(result.mistakes.empty());
  const SenderManifest& sender = result.manifest.value();
  CHECK(sender.stays);
  CHECK(sender.tls_policies == std::vector<std::string>{"required", "verified"});
  CHECK(sender.mx == LooksUpMx::in_a_lab);
  CHECK(sender.without == std::vector<std::string>{"dsn", "auth"});
  CHECK(sender.exits == std::vector<std::string>{"temporary=4,75", "permanent=1"});
  CHECK(sender.notifications_come);
  CHECK(sender.ends_when_empty);
  CHECK(sender.scaled_timeouts);
  CHECK(sender.time_scale == 300);
  CHECK(sender.queue_lifetime == "5d");
  CHECK(sender.timeout_seconds == 120);
  REQUIRE(sender.needs.size() == 3);
  CHECK(sender.needs[0].what == "ours");
  CHECK(sender.needs[1].see == std::vector<std::string>{"test", "-e", "/cache/ours/lib"});
  CHECK(sender.needs[2].root == "it changes users");
  CHECK(sender.set_up == std::vector<std::vector<std::string>>{{"make", "/cache/ours"}, {"true"}});
  CHECK(sender.command == std::vector<std::string>{"ours", "/senders/ours/x", "{{", "{message}"});
  CHECK(sender.environment ==
        std::vector<std::pair<std::string, std::string>>{{"LIB", "/cache/ours/lib"}});
  REQUIRE(sender.settings.size() == 1);
  CHECK(sender.settings[0].adds == std::vector<std::string>{"-o", "{name}={value}"});
}

TEST_CASE("a brace in a folder's name stays one when the command is filled in") {
  const auto result = read_manifest(least + "version: [\"{sender_dir}/v\"]\n", "/a{host}", "/c");
  REQUIRE(result.manifest);
  CHECK(result.manifest->version == std::vector<std::string>{"/a{host}/v"});
  const auto command = read_manifest(
      "summary: x\nprogram: x\nlanguage: x\nrole: one-shot\ncommand: \"{sender_dir}/v\"\n",
      "/a{host}", "/c");
  REQUIRE(command.manifest);
  CHECK(command.manifest->command == std::vector<std::string>{"/a{{host}/v"});
}

TEST_CASE("mistakes have a place and say what is allowed") {
  const std::string file = "/senders/ours/sender.yaml:";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {least + "rol: x\n", file + "6:1: unknown key `rol`; did you mean `role`?"},
      {"summary: x\n", file + "1:1: `program` is missing"},
      {least + "mx: sometimes\n", file + "6:5: `sometimes` is not a valid word for mx"},
      {least + "tls-policy: maybe\n", file + "6:13: `maybe` is not a valid TLS policy"},
      {least + "without: [8bit]\n", file + "6:11: `8bit` is not a valid feature"},
      {least + "exit: {temporary: 300}\n", file + "6:19: `300` is out of range"},
      {least + "exit: {temporary: 4, permanent: 4}\n", file + "6:7: --exit permanent=4"},
      {least + "shortest-retry: 1s\ntime-scale: 60\n",
       file + "7:13: `time-scale` and `shortest-retry` can't be combined"},
      {least + "needs: [{get: x}]\n", file + "6:9: a need has exactly one check"},
      {least + "needs: [{see: x}]\n", file + "6:9: `what` is missing"},
      {least + "options: {a: {meaning: x}}\n", file + "6:14: `adds` is missing"},
      {"summary: x\nprogram: x\nlanguage: x\nrole: one-shot\ncommand: [x, \"{hots}\"]\n",
       file + "5:14: unknown placeholder {hots}; did you mean {host}?"},
  };
  for (const auto& [text, told] : cases) {
    INFO(text);
    const auto mistakes = mistakes_in(text);
    REQUIRE(!mistakes.empty());
    INFO(mistakes.front());
    CHECK(mistakes.front().starts_with(told));
  }
}
