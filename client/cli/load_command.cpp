// `load`: sends as many messages as a server takes, and says how that went.
#include "client/cli/load_command.hpp"

#include "client/cli/exit_code.hpp"
#include "client/cli/terminal.hpp"
#include "client/load/load.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <csignal>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

namespace tempfail::client {
namespace {

struct LoadCommand {
  LoadOptions load{};
  std::string target{};
  bool json = false;
};

volatile std::sig_atomic_t interrupted = 0;

/// Reads "host", "host:port", "[::1]:port".
void read_target(const std::string& target, LoadOptions& load) {
  const std::size_t colon = target.rfind(':');
  const bool bare_v6 =
      target.find(':') != colon && !target.ends_with(']') && !target.starts_with('[');
  if (colon == std::string::npos || target.ends_with(']') || bare_v6) {
    load.host = target;
  } else {
    load.host = target.substr(0, colon);
    const std::string port = target.substr(colon + 1);
    try {
      std::size_t used = 0;
      const unsigned long number = std::stoul(port, &used);
      if (used != port.size() || number == 0 || number > 65535) {
        throw std::out_of_range(port);
      }
      load.port = static_cast<std::uint16_t>(number);
    } catch (const std::logic_error&) {
      throw CLI::ValidationError("TARGET", target + ": the port is not a number from 1 to 65535");
    }
  }
  if (load.host.starts_with('[') && load.host.ends_with(']')) {
    load.host = load.host.substr(1, load.host.size() - 2);
  }
}

int run(LoadCommand& command) {
  if (!command.target.empty()) {
    read_target(command.target, command.load);
  }
  const bool bar = isatty(STDERR_FILENO) == 1;
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  const LoadResult result = run_load(command.load, [&](const LoadResult& so_far) {
    if (bar) {
      std::cerr << '\r'
                << progress_line(command.load, so_far, terminal_width(STDERR_FILENO, 80) - 1)
                << "\x1b[K" << std::flush;
    }
    return interrupted == 0;
  });
  if (bar) {
    std::cerr << "\r\x1b[K" << std::flush;
  }
  std::cout << (command.json ? load_as_json(command.load, result)
                             : describe_load(command.load, result));
  if (result.failed > 0 || result.interrupted) {
    return result.delivered > 0 ? exit_temporary : exit_unavailable;
  }
  return exit_ok;
}

} // namespace

void add_load_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<LoadCommand>();
  LoadOptions& load = options->load;
  CLI::App* command =
      app.add_subcommand("load", "Loads a server as fast as possible, or at a fixed rate; prints "
                                 "throughput, latency percentiles, errors");
  CLI::Option* target = command->add_option("TARGET", options->target,
                                            "The server, host:port, instead of --host and --port");
  command->add_option("--host", load.host, "The server")
      ->type_name("HOST")
      ->capture_default_str()
      ->excludes(target);
  command->add_option("--port", load.port, "The server's port")
      ->capture_default_str()
      ->check(CLI::Range(1, 65535))
      ->excludes(target);
  command->add_option("-m,--messages", load.messages, "How many messages in all")
      ->capture_default_str();
  command->add_option("-s,--sessions", load.sessions, "How many connections at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 19000));
  command
      ->add_option("--messages-per-session", load.messages_per_session,
                   "How many messages on one connection, before a new one is opened; 0: no limit")
      ->capture_default_str();
  command->add_option("--size", load.size, "Size of a message with its header: bytes, 64kb or 1mb")
      ->type_name("SIZE")
      ->capture_default_str()
      ->transform(CLI::AsSizeValue(false));
  command
      ->add_option("--rate", load.rate,
                   "How many messages are started each second; 0: as many as possible")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--pipelined", load.pipelined,
                    "Send the envelope at once, and the next one with the final dot, if the server "
                    "offers PIPELINING");
  command->add_option("-f,--from", load.sender, "The sender")
      ->type_name("ADDRESS")
      ->capture_default_str();
  command->add_option("-t,--to", load.recipient, "The recipient")
      ->type_name("ADDRESS")
      ->capture_default_str();
  command->add_option("--helo", load.helo_name, "Name given in EHLO")
      ->type_name("NAME")
      ->capture_default_str();
  command
      ->add_option_function<double>(
          "--time-out",
          [&load](double seconds) {
            load.time_out = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1e3));
          },
          "How many seconds to wait for a reply [60]")
      ->check(CLI::PositiveNumber);
  command->add_flag("--json", options->json, "Print JSON instead of text");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

} // namespace tempfail::client
