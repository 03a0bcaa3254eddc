// tempfail log: the dialogues of a journal, for people.
#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/command.hpp"
#include "cli/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/journal_follower.hpp"
#include "cli/text.hpp"
#include "journal/dialogue.hpp"
#include "report/dialogue.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <system_error>
#include <thread>

namespace tempfail::cli {

namespace {

constexpr auto pause_between_looks = std::chrono::milliseconds(100);

struct LogOptions {
  std::string journal;
  std::vector<std::uint64_t> sessions;
  std::vector<std::string> scenarios;
  bool follow = false;
};

/// Prints what is asked for, event by event.
class DialoguePrinter {
 public:
  DialoguePrinter(const LogOptions& options, StandardStream& out) : options_(options), out_(out) {}

  bool wants(const journal::Journal& journal, const journal::Event& event) const {
    if (event.session == 0) return false;
    const auto asked_for = [](const auto& list, const auto& value) {
      return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
    };
    return asked_for(options_.sessions, event.session) &&
           asked_for(options_.scenarios, std::string(journal.scenario_of(event)));
  }

  void heading(const journal::Journal& journal, const journal::Event& event) {
    out_.write((any_ ? "\n" : "") +
               out_.styled(Style::bold, report::session_heading(journal, event)) + '\n');
    any_ = true;
  }

  /// `prefix` tells sessions apart that talk at the same time.
  void lines(const journal::Event& event, const std::string& prefix) {
    for (const journal::DialogueLine& line : journal::dialogue_lines(event)) {
      constexpr std::array<Style, 3> styles = {Style::plain, Style::cyan, Style::dim};
      const auto by = static_cast<std::size_t>(line.by);
      const report::PrintedLine parts = report::printed(line);
      out_.write(prefix + out_.styled(Style::dim, parts.time) + "  " +
                 out_.styled(styles[by], parts.text) + '\n');
    }
  }
  bool any() const { return any_; }
  void saw_one() { any_ = true; }

 private:
  const LogOptions& options_;
  StandardStream& out_;
  bool any_ = false;
};

/// Session after session, whatever came between its lines.
void print_sessions(const journal::Journal& journal, DialoguePrinter& printer) {
  const auto wanted = [&](const journal::Event& event) { return printer.wants(journal, event); };
  for (const report::SessionEvents& events : report::by_session(journal, wanted)) {
    printer.heading(journal, *events.front());
    for (const journal::Event* event : events)
      printer.lines(*event, "");
  }
}

/// As it is written, until the journal has its end.
void follow(JournalFollower& follower, DialoguePrinter& printer, const StandardStream& out) {
  std::size_t next = 0;
  while (!out.closed()) {
    const journal::Journal& journal = follower.read_on();
    for (; next < journal.events().size(); ++next) {
      const journal::Event& event = journal.events()[next];
      if (std::holds_alternative<journal::event::End>(event.body)) return;
      if (!printer.wants(journal, event)) continue;
      printer.saw_one();
      printer.lines(event, "[" + std::to_string(event.session) + "] ");
    }
    std::this_thread::sleep_for(pause_between_looks);
  }
}

int log(const LogOptions& options, Invocation& invocation) {
  JournalFollower follower(options.journal);
  DialoguePrinter printer(options, invocation.out);
  try {
    if (options.follow)
      follow(follower, printer, invocation.out);
    else {
      const journal::Journal& journal = follower.read_on();
      if (journal.events().empty())
        throw UsageError(options.journal + ": not a journal, it has no event");
      print_sessions(journal, printer);
    }
  } catch (const std::system_error& error) {
    throw CannotRun(options.journal + ": " + error.code().message());
  } catch (const journal::WrongFormat& error) {
    throw UsageError(options.journal + ": " + error.what());
  }
  if (!printer.any())
    invocation.err.write("tempfail log: " + options.journal + " has no such session\n");
  return exit_ok;
}

Manual log_manual() {
  Manual manual;
  manual.name = "log";
  manual.summary = "print the SMTP dialogues of a journal";
  manual.synopsis = "[OPTIONS] JOURNAL";
  manual.description = {
      "Prints the sessions of a journal as dialogues: -> is a line from the client, <- a line from "
      "the server, and a line without an arrow is an event of the connection. Times are protocol "
      "time.",
      "With --follow it keeps printing while the journal grows, each line with the number of its "
      "session, until the journal ends. Ctrl-C stops it earlier."};
  manual.exit_codes = exit_codes("");
  manual.environment = common_environment();
  manual.examples = {{"Read the dialogue of a case of tempfail test",
                      "tempfail log tempfail-report/cases/disk-full/journal.jsonl"},
                     {"Watch a server", "tempfail log --follow run.jsonl"},
                     {"One connection", "tempfail log run.jsonl --session 3"}};
  return manual;
}

} // namespace

Command make_log() {
  auto options = std::make_shared<LogOptions>();
  Command command;
  command.manual = log_manual();
  command.add_options = [options](CLI::App& parser) {
    parser.add_option("JOURNAL", options->journal)->required();
    parser
        .add_option(
            "--session", options->sessions,
            "Only this connection, by its number in the journal. May be given more than once.")
        ->type_name("NUMBER")
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    parser
        .add_option("--scenario", options->scenarios,
                    "Only connections to the server of this scenario. May be given more than once.")
        ->type_name("SCENARIO")
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    parser.add_flag("-f,--follow", options->follow, "Keep printing while the journal grows.");
  };
  command.run = [options](Invocation& invocation) { return log(*options, invocation); };
  return command;
}

} // namespace tempfail::cli
