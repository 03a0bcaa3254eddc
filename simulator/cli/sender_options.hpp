// --sender and -o of `test`: what a sender's manifest says becomes the options that the user did not give.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tempfail::cli {

struct TestOptions;

/// What the user said of a known sender.
struct SenderChoice {
  std::string name;                  ///< or a path; empty: the command is the user's own
  std::vector<std::string> settings; ///< of -o, "KEY=VALUE"
  /// Whether the user gave an option, "--time-scale".
  std::function<bool(const std::string& option)> is_given;

  bool made() const { return !name.empty(); }
};

/// The sender that was run, for the reports.
struct SenderInfo {
  std::string name;
  std::string version;
};

void add_sender_options(CLI::App& parser, SenderChoice& choice);

/// Puts the sender's command, its environment and its declarations into `options`, where the user did not say
/// otherwise. UsageError for what can't be; CannotRun where something that it needs is missing.
SenderInfo apply_sender(TestOptions& options);

} // namespace tempfail::cli
