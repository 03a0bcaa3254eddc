// tempfail control: steers and watches a running server.
#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/control_client.hpp"
#include "cli/control_protocol.hpp"
#include "cli/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/http_options.hpp"

#include <memory>
#include <nlohmann/json.hpp>

namespace tempfail::cli {

namespace {

struct ControlOptions {
  std::vector<std::string> words; ///< PATH, where there is no URL, and the command
  std::string url;
  std::string server = "main";
  std::string token_file;
};

/// All events, each on a line, until the server is gone or the user has had enough.
int follow(ControlClient& client, StandardStream& out) {
  using Json = nlohmann::ordered_json;
  std::uint64_t position = 0;
  while (true) {
    const Json answer = Json::parse(client.ask({"events", std::to_string(position), "30s"}));
    position = answer.at("position").get<std::uint64_t>();
    for (const Json& event : answer.at("events")) {
      out.write(event.dump() + '\n');
      if (event.value("event", "") == "end") return exit_ok;
    }
  }
}

int control(const ControlOptions& options, StandardStream& out) {
  std::vector<std::string> words = options.words;
  std::unique_ptr<ControlClient> client;
  if (options.url.empty()) {
    if (!options.token_file.empty() || options.server != "main")
      throw UsageError("--server and --http-token need --url, the address of the HTTP API");
    const std::string path = words.front();
    words.erase(words.begin());
    if (words.empty()) throw UsageError("a COMMAND is missing (see tempfail control --help)");
    client = control_by_socket(path);
  } else {
    const std::string token =
        options.token_file.empty() ? std::string() : read_token(options.token_file);
    client = control_by_url(options.url, options.server, token);
  }
  if (words.size() == 1 && words.front() == "events") return follow(*client, out);
  out.write(client->ask(words) + '\n');
  return exit_ok;
}

Manual control_manual() {
  Manual manual;
  manual.name = "control";
  manual.summary = "control and watch a running server: its clock, queues, state and messages";
  manual.synopsis = "PATH COMMAND... | --url URL [OPTIONS] COMMAND...";
  manual.description = {
      "Sends one command to a running server and prints its answer: over the control socket that "
      "it was started with (tempfail serve --control PATH), or over its HTTP API (tempfail serve "
      "--http PORT), where --server names one of its servers.",
      "The protocol of the socket is text. Each line is a command, and each gets one line as its "
      "answer: \"ok\" and a text, or \"error\" and the reason. A test can use the socket directly "
      "and keep it open."};
  Section commands{"Commands", {}, {}};
  for (const ControlCommand& command : control_commands())
    commands.terms.push_back({command.usage, command.meaning});
  commands.terms.push_back(
      {"events",
       "Prints each event of the journal on a line as it happens, until the journal ends."});
  manual.sections = {commands};
  manual.exit_codes = {{"0", "The server executed the command."},
                       {"2", "Wrong usage, or the server refused the command."},
                       {"3", "No server answers there."}};
  manual.examples = {{"A server whose clock you move",
                      "tempfail serve greylisted --clock manual --control /tmp/control"},
                     {"Move the clock by five minutes", "tempfail control /tmp/control advance 5m"},
                     {"Ask how many sessions are open", "tempfail control /tmp/control status"},
                     {"Wait for two tries at a server that was created over the API",
                      "tempfail control --url http://127.0.0.1:8025 --server 1 wait tries 2 30s"}};
  return manual;
}

} // namespace

Command make_control() {
  auto options = std::make_shared<ControlOptions>();
  Command command;
  command.manual = control_manual();
  command.add_options = [options](CLI::App& parser) {
    parser.add_option("WORD", options->words)->required();
    parser
        .add_option("--url", options->url,
                    "The address of the HTTP API, such as http://127.0.0.1:8025; instead of PATH.")
        ->type_name("URL");
    parser.add_option("--server", options->server, "The server's id in the API.")
        ->type_name("ID")
        ->default_str("main");
    parser
        .add_option("--http-token", options->token_file,
                    "A file whose first line is the API's token.")
        ->type_name("FILE");
  };
  command.run = [options](Invocation& invocation) { return control(*options, invocation.out); };
  return command;
}

} // namespace tempfail::cli
