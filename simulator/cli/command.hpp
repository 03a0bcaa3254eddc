// What a subcommand is: its manual, its options, and what it does. One file per subcommand makes
// one of these; application.cpp puts them together, so help texts and completions can't miss one.
#pragma once

#include "cli/options.hpp"
#include "cli/terminal.hpp"

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tempfail::cli {

/// A word and what it means: an exit code, an environment variable, a placeholder.
struct Term {
  std::string word;
  std::string meaning;
};

/// A command line and what it is good for.
struct Example {
  std::string purpose;
  std::string command;
};

/// A part of a manual page of its own, such as "Placeholders".
struct Section {
  std::string title;
  std::vector<std::string> paragraphs;
  std::vector<Term> terms;
};

/// A manual page but for the options, which are read off the parser.
struct Manual {
  std::string name;                     ///< "serve"
  std::string summary;                  ///< one line, no full stop
  std::string synopsis;                 ///< what follows the name
  std::vector<std::string> description; ///< paragraphs
  std::vector<Section> sections;
  std::vector<Term> exit_codes;
  std::vector<Term> environment;
  std::vector<Example> examples;
};

/// A subcommand as the completion scripts see it.
struct SubcommandEntry {
  const Manual* manual = nullptr;
  std::vector<OptionEntry> options;
};

/// What a run of a subcommand has at hand.
struct Invocation {
  StandardStream& out;
  StandardStream& err;
  std::vector<std::string> tail;         ///< the arguments after a lone `--`
  std::vector<std::string> options;      ///< those before it that are no positional arguments
  std::vector<SubcommandEntry> commands; ///< all subcommands
};

struct Command {
  Manual manual;
  std::function<void(CLI::App&)> add_options;
  /// Returns the exit code; throws UsageError, CannotRun.
  std::function<int(Invocation&)> run;
  bool takes_tail = false; ///< `--` ends the options, the rest is Invocation::tail
};

Command make_serve();
Command make_test();
Command make_lab_command();
Command make_list();
Command make_show();
Command make_check();
Command make_explain();
Command make_judge();
Command make_log();
Command make_report();
Command make_control();
Command make_senders();
Command make_completion();

/// All of them, in the order of the overview.
std::vector<Command> all_commands();

} // namespace tempfail::cli
