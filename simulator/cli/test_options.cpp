// The options of `test`, and its manual.
#include "cli/test_options.hpp"

#include "cli/allowed.hpp"
#include "cli/cli11.hpp"
#include "cli/placeholders.hpp"

namespace tempfail::cli {

void add_test_options(CLI::App& parser, TestOptions& options) {
  parser.add_option("SCENARIO", options.patterns);
  add_narrowing_options(parser, options.narrowing);
  add_sender_options(parser, options.sender);
  parser.add_flag(
      "--queue", options.queue,
      "The command only hands the message to a queue: after it has ended, watch until everything "
      "is settled and --watch-on has passed, or the scenario's watch time has. Without this a case "
      "ends when the command has ended and its connections are closed.");
  parser
      .add_option(
          "--watch", options.watch,
          "Watch so long (protocol time, 6h or 30m) instead of as long as each scenario says: with "
          "--queue from when the command has ended, and to the end; without it from its start; "
          "then "
          "a command that still runs is ended.")
      ->type_name("DURATION");
  parser
      .add_option("--watch-on", options.watch_on,
                  "With --queue: watch a queue for so long (protocol time) after everything is "
                  "settled, because a second copy comes with a later run of the queue. 0s: not at "
                  "all.")
      ->type_name("DURATION")
      ->default_str("2h; with --watch: to its end");
  parser
      .add_option("--timeout", options.timeout_seconds,
                  "Real seconds a run of the command may take; then its whole process group gets "
                  "SIGTERM, two seconds later SIGKILL. 0: no limit.")
      ->type_name("SECONDS")
      ->check(number([](double value) { return value >= 0 && value <= 1e7; },
                     "seconds from 0 (no limit) to 10000000"))
      ->default_str("60");
  parser
      .add_option(
          "--messages", options.messages,
          "Give the command so many messages to send, one after the other, in every scenario "
          "that does not ask for more; {handovers} lists them. So the message after the one "
          "that fails is seen, too.")
      ->type_name("NUMBER")
      ->check(whole_number(1, 100))
      ->default_str("as the scenario says, most often 1");
  parser
      .add_option("--exit", options.exits,
                  "What exit statuses of the command mean, where they are not those of sysexits.h "
                  "(0: sent; 71, 74, 75: failed for the time being; 65, 67, 68, 69, 76, 77: for "
                  "good): temporary=4,75. May be given more than once.")
      ->type_name("WORD=STATUS[,STATUS...]")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  parser
      .add_option(
          "--port", options.port,
          "With --dns: the port of all hosts. 0: the system chooses one in every case. 25 "
          "where nothing is said, for that is where a sender that looks up MX records goes.")
      ->type_name("PORT")
      ->check(whole_number(0, 65535));
  parser.add_option("-j,--jobs", options.jobs, "Cases that run side by side.")
      ->type_name("NUMBER")
      ->check(whole_number(1, 1000))
      ->default_str("the number of cores");
  parser.add_flag("--lab", options.lab,
                  "Run every case in a sealed network of its own, where its hosts have addresses "
                  "and port 25, and MX records that lead to them: the same as tempfail lab test "
                  "(see tempfail lab --help).");
  parser.add_flag("--keep-going", options.keep_going,
                  "Run all scenarios, though the sender did not connect in healthy.");
  parser.add_flag("--dry-run", options.dry_run, "Print what would be run, and run nothing.");
  add_report_options(parser, options.report, "tempfail-report");
  add_run_options(parser, options.run);
  add_catalogue_options(parser, options.catalogue);
}

Manual test_manual() {
  Manual manual;
  manual.name = "test";
  manual.summary = "run a sender through scenarios and judge it";
  manual.synopsis = "[OPTIONS] [SCENARIO|FAMILY|GLOB...] -- COMMAND [ARGUMENT...]";
  manual.description = {
      "For each scenario (default: all of them) starts a server of its own on a free port, "
      "runs the sender's command against it, and judges from what was seen whether the sender "
      "did what a correct sender does. Prints a table with the evidence and writes reports "
      "for people and for machines.",
      "The answer of a case is ok, FAIL, not met (the failure took no effect on this sender), "
      "undecided (an expectation is open), not applicable (declared), or error (it could not be "
      "run).",
      "A sender that retries by itself is waited for: the case ends when the command does. One "
      "that "
      "goes on for ever is ended when the scenario's watch time is over (ten seconds of real time "
      "at "
      "least; a day of protocol time where the message is to be delivered), and judged by what was "
      "seen. A sender that only hands the message to a queue (sendmail, an MTA) needs --queue. A "
      "case "
      "in which no connection came is a FAIL, unless the command exits with 89: with that a sender "
      "declares that it does not do what the scenario asks for.",
      "Cases run side by side (--jobs), all of them in the directory that tempfail was started in: "
      "a "
      "command that writes files writes them into {case_dir}, which each case has for itself.",
      "healthy, in which nothing goes wrong, runs first where it is among the scenarios: the "
      "others "
      "begin once the sender has connected. Where it never does, the run stops, prints the last "
      "lines of the command's output, and exits as healthy was judged (1: FAIL). --keep-going "
      "runs all of them.",
      "Retries take hours. With --time-scale 3600 an hour of the servers and of the judge "
      "takes a second; the sender under test must shorten its intervals by the same factor "
      "({time_scale}).",
      "In place of a command, --sender NAME runs a sender that tempfail knows how to drive: "
      "Postfix or "
      "Exim with a queue of their own, or a library (tempfail senders lists them).",
      "The command is executed directly, not by a shell: for pipes and variables say sh -c "
      "'...'. It runs in a process group of its own, its standard input is /dev/null, its "
      "output is kept with the report (the first megabyte and the last 64 KB of each case). When "
      "its time is up, and on Ctrl-C, the whole group is "
      "ended; what it leaves behind is ended with the case."};
  Section words{
      "Placeholders and their variables",
      {"In the command {word} is filled in; {{ stands for a brace. The command's environment "
       "has the same as variables."},
      {}};
  for (const PlaceholderInfo& info : placeholders())
    words.terms.push_back({"{" + std::string(info.name) + "}, " + std::string(info.variable),
                           std::string(info.meaning)});
  manual.sections = {words};
  manual.exit_codes = verdict_exit_codes();
  manual.exit_codes.push_back(
      {"130", "Ctrl-C (143: SIGTERM). The reports have the cases that had ended."});
  manual.environment = common_environment();
  manual.examples = {
      {"A single try by swaks",
       "tempfail test disk-full -- swaks --server {host}:{port} --to {recipient} --from {sender}"},
      {"A mailer that retries by itself, an hour in a second",
       "tempfail test --time-scale 3600 -- ./my-mailer --smtp {host}:{port} --file {message}"},
      {"Postfix, with all it needs to be told", "tempfail test 'disk/*' --sender postfix"},
      {"A mailer that was told to verify certificates",
       "tempfail test 'tls/*' --tls-policy verified -- ./send {host} {port} --tls {tls} --ca {ca}"},
      {"Hand over to a queue, then watch it",
       "tempfail test 'greylisted*' --queue -- sh -c './enqueue < \"$TEMPFAIL_MESSAGE\"'"},
      {"A mailer that looks up MX records and can be told a name server and a port",
       "tempfail test dns --dns 0 --port 0 -- ./my-mailer --dns {dns} --port {port} {recipient}"},
      {"In CI, where known failures must not break the build",
       "tempfail test --expected-failures known.txt --junit junit.xml -- ./send {host} {port}"},
      {"What would be run", "tempfail test mailbox --dry-run -- ./send {host} {port}"}};
  return manual;
}

} // namespace tempfail::cli
