// tempfail judge: judges a saved journal, as `test` does while it runs.
#include "cli/allowed.hpp"
#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "cli/expected_failures.hpp"
#include "cli/read_file.hpp"
#include "cli/report_options.hpp"
#include "cli/store_options.hpp"
#include "cli/text.hpp"
#include "journal/reader.hpp"
#include "scenario/loader.hpp"
#include "store/stored_run.hpp"
#include "verdict/verdict.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace tempfail::cli {

namespace {

struct JudgeOptions {
  CatalogueOptions catalogue;
  ReportOptions report;
  std::vector<std::string> journals;
  std::string from;      ///< address of a store; empty: files are read
  std::string store_run; ///< whose; empty: as default_run
  std::vector<std::string> patterns;
  verdict::Declared declared;
};

/// "line 1 is not a JSON object"
std::string named(const journal::BadLine& bad) {
  return "line " + std::to_string(bad.line) + ' ' + bad.what;
}

/// Names the first broken line on `err`, and how many more there are.
void tell_bad_lines(const journal::Journal& journal, const std::string& source,
                    StandardStream& err) {
  const std::vector<journal::BadLine>& bad = journal.bad_lines();
  if (bad.empty()) return;
  const std::size_t more = bad.size() - 1;
  err.write("tempfail judge: " + source + ": " + named(bad.front()) +
            (more == 0 ? "" : " (and " + std::to_string(more) + " more)") + '\n');
}

/// What is in the file, a broken line named on `err`; UsageError when nothing in it is an event.
journal::Journal read_journal(const std::string& file, StandardStream& err) {
  try {
    journal::Journal journal = journal::Journal::read(file);
    journal.put_in_order();
    const std::vector<journal::BadLine>& bad = journal.bad_lines();
    if (journal.events().empty())
      throw UsageError(file + ": not a journal" +
                       (bad.empty() ? ", it has no event" : ": " + named(bad.front())));
    tell_bad_lines(journal, file, err);
    return journal;
  } catch (const std::system_error& error) {
    throw UsageError(file + ": " + error.code().message());
  } catch (const journal::WrongFormat& error) {
    throw UsageError(file + ' ' + error.what());
  }
}

/// When the first run of a journal began, and which of its events come first: one that was rotated goes on.
std::pair<std::int64_t, std::uint64_t> start_of(const journal::Journal& journal) {
  for (const journal::Event& event : journal.events())
    if (const auto* run = std::get_if<journal::event::Run>(&event.body))
      return {run->started_unix_us, journal.first_sequence()};
  return {0, journal.first_sequence()};
}

/// Several as one: what one program wrote after the other, or several side by side.
journal::Journal read_journals(const std::vector<std::string>& files, StandardStream& err) {
  if (files.size() == 1) return read_journal(files.front(), err);
  std::vector<std::pair<std::pair<std::int64_t, std::uint64_t>, std::string>> in_order;
  for (const std::string& file : files) {
    const auto start = start_of(read_journal(file, err));
    std::string text = read_file(file);
    if (!text.ends_with('\n')) text += '\n';
    in_order.emplace_back(start, std::move(text));
  }
  std::stable_sort(in_order.begin(), in_order.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  journal::Journal all;
  for (const auto& [start, text] : in_order)
    all.append(text);
  all.put_in_order();
  return all;
}

/// What is judged, as people name it.
std::string source_of(const JudgeOptions& options) {
  return options.from.empty() ? joined(options.journals, ", ") : options.from;
}

journal::Journal read_from_store(const JudgeOptions& options, StandardStream& err) {
  const store::Address address = checked_address("--from", options.from);
  const std::string run = checked_run(options.store_run);
  try {
    journal::Journal journal = store::read_stored_run(address, run);
    tell_bad_lines(journal, "the run " + run, err);
    return journal;
  } catch (const store::NoJournal& error) {
    throw UsageError("the store " + options.from + ' ' + error.what());
  } catch (const journal::WrongFormat& error) {
    throw UsageError("the journal of the run " + run + ' ' + error.what());
  } catch (const std::runtime_error& error) {
    throw CannotRun("store " + options.from + ": " + error.what());
  }
}

journal::Journal read_source(const JudgeOptions& options, StandardStream& err) {
  if (options.from.empty()) {
    if (options.journals.empty())
      throw UsageError("a journal is missing: JOURNAL, or --from ADDRESS of a store");
    if (!options.store_run.empty()) throw UsageError("--store-run needs --from");
    return read_journals(options.journals, err);
  }
  if (!options.journals.empty()) throw UsageError("--from and a JOURNAL can't be combined");
  return read_from_store(options, err);
}

/// The servers that something happened on, one for each scenario, in the order in which that began: somebody connected,
/// or a sender was started for them.
std::vector<const journal::event::Server*> servers_in(const journal::Journal& journal) {
  std::vector<const journal::event::Server*> servers;
  for (const journal::Event& event : journal.events()) {
    const bool counts =
        event.session != 0 || std::holds_alternative<journal::event::Process>(event.body);
    const journal::event::Server* const server = journal.server_of(event);
    if (!counts || server == nullptr || server->scenario.empty() || server->scenario == "*")
      continue;
    // A host that a scenario forwards to is part of that one, and has no text of its own.
    if (server->text.empty() && server->meaning_hash == 0) continue;
    const bool is_new = std::none_of(servers.begin(), servers.end(), [server](const auto* known) {
      return known->scenario == server->scenario;
    });
    if (is_new) servers.push_back(server);
  }
  return servers;
}

/// The scenario that was served: the journal has its text. The catalogue's, with its family, where that means the same;
/// where it does not, that is said.
scenario::ScenarioPtr served(const journal::event::Server& server,
                             const scenario::Catalogue& catalogue, StandardStream& err) {
  const std::string name(server.scenario);
  scenario::ScenarioPtr known = catalogue.find(name);
  if (known && known->meaning_hash == server.meaning_hash) return known;
  const std::string file = (known ? known->family : std::string("own")) + "/" + name + ".yaml";
  scenario::ScenarioPtr own = scenario::load_scenario(server.text, file).scenario;
  if (known && own)
    err.write(
        "tempfail judge: " + name +
        " in the catalogue differs from the scenario in the journal. The one in the journal is "
        "used; --scenario " +
        name + " uses the one in the catalogue\n");
  if (own) return own;
  if (known) return known;
  throw UsageError("the journal names a scenario " + name +
                   " that is not in the catalogue, and its text in the journal can't be read; "
                   "--scenarios DIR adds your scenarios");
}

std::vector<scenario::ScenarioPtr> to_judge(const JudgeOptions& options,
                                            const scenario::Catalogue& catalogue,
                                            const journal::Journal& journal, StandardStream& err) {
  if (!options.patterns.empty()) return choose(catalogue, options.patterns);
  std::vector<scenario::ScenarioPtr> scenarios;
  for (const journal::event::Server* server : servers_in(journal))
    scenarios.push_back(served(*server, catalogue, err));
  if (scenarios.empty())
    throw UsageError(
        source_of(options) +
        ": no client connected, so there is nothing to judge; --scenario NAME judges anyway");
  return scenarios;
}

int judge(const JudgeOptions& options, Invocation& invocation) {
  const scenario::Catalogue catalogue = load_catalogue(options.catalogue);
  const ExpectedFailures expected =
      ExpectedFailures::read(options.report.expected_failures, catalogue);
  const journal::Journal journal = read_source(options, invocation.err);
  prepare_report_files(options.report);
  report::RunReport report;
  report.version = TEMPFAIL_VERSION;
  report.strict = options.report.strict;
  report.require_met = options.report.require_met;
  for (const journal::Event& event : journal.events()) {
    if (const auto* run = std::get_if<journal::event::Run>(&event.body)) {
      report.seed = run->seed;
      report.time_scale = run->time_scale;
      report.tls_policy = scenario::find_tls_policy(run->tls_policy).value_or(report.tls_policy);
    } else if (const auto* sender = std::get_if<journal::event::Process>(&event.body)) {
      if (report.command.empty()) report.command = sender->command;
    }
  }
  report.tls_policy =
      scenario::find_tls_policy(options.declared.tls_policy).value_or(report.tls_policy);
  for (const scenario::ScenarioPtr& scenario :
       to_judge(options, catalogue, journal, invocation.err)) {
    report::CaseResult result;
    result.verdict = verdict::judge(*scenario, journal, options.declared);
    result.journal_file = source_of(options);
    result.expected = expected.of(scenario->name);
    report.cases.push_back(std::move(result));
  }
  print_report(report, options.report, invocation.out);
  write_report_files(report, options.report);
  return exit_code_of(report);
}

Manual judge_manual() {
  Manual manual;
  manual.name = "judge";
  manual.summary = "judge a saved journal";
  manual.synopsis = "[OPTIONS] JOURNAL...|--from ADDRESS";
  manual.description = {
      "Reads a journal (from tempfail serve --journal, or from the report of tempfail test) and "
      "judges the sender in each of its scenarios. The journal contains the text of its scenarios, "
      "so the verdict is the same as during the run, even if the scenario files have changed "
      "since.",
      "Several journals are judged as one, in order of time: for a server that was restarted, for "
      "several servers, or for the parts of a rotated journal (tempfail judge run.jsonl*). If one "
      "part is judged alone, sessions that began in an earlier one are left out.",
      "With --from, the servers of a run wrote their journals into their store (tempfail serve "
      "--store --journal store), and are judged as one server. If a server could not write events, "
      "because it died or the store was lost, the journal shows that they are missing, and rules "
      "that depend on them are undecided (docs/scale.md).",
      "An incomplete journal is judged by what it contains; its first broken line is named."};
  manual.exit_codes = verdict_exit_codes();
  manual.environment = common_environment();
  manual.examples = {
      {"Judge the journal of tempfail serve --journal run.jsonl", "tempfail judge run.jsonl"},
      {"Judge what several servers saw of a sender",
       "tempfail judge --from redis://127.0.0.1:6379 --store-run monday"},
      {"Judge one scenario, and show every rule",
       "tempfail judge run.jsonl --scenario disk-full -v"},
      {"Judge a case again, more strictly",
       "tempfail judge --strict tempfail-report/cases/disk-full/journal.jsonl"}};
  return manual;
}

} // namespace

Command make_judge() {
  auto options = std::make_shared<JudgeOptions>();
  Command command;
  command.manual = judge_manual();
  command.add_options = [options](CLI::App& parser) {
    parser.add_option("JOURNAL", options->journals);
    parser
        .add_option(
            "--from", options->from,
            "Read the journal of all servers of a run from their store: redis://HOST:PORT, "
            "redis://HOST:PORT/DATABASE or unix:PATH. If a server has not stopped, tempfail "
            "waits at most twenty seconds to see whether it died.")
        ->type_name("ADDRESS");
    add_store_run_option(parser, options->store_run,
                         "With --from: the name of the run, as in tempfail serve --store-run.");
    parser
        .add_option("--scenario", options->patterns,
                    "Judge only these scenarios (a name, family or glob), even if the journal has "
                    "no event of them. May be given more than once.")
        ->type_name("SCENARIO")
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    parser
        .add_option("--tls-policy", options->declared.tls_policy,
                    "How the sender was configured for TLS (see tempfail test --help).")
        ->type_name("none|opportunistic|required|verified")
        ->check(one_of({"none", "opportunistic", "required", "verified"}))
        ->default_str("as the journal says");
    parser
        .add_option("--role", options->declared.role,
                    "The kind of sender: queueing (keeps a message and retries) or one-shot (tries "
                    "once and reports to its caller).")
        ->type_name("queueing|one-shot")
        ->check(one_of({"queueing", "one-shot"}))
        ->default_str("as the journal says");
    add_report_options(parser, options->report, "");
    add_catalogue_options(parser, options->catalogue);
  };
  command.run = [options](Invocation& invocation) { return judge(*options, invocation); };
  return command;
}

} // namespace tempfail::cli
