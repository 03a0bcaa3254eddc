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
      "The command only hands the message to a queue. After the command has ended, the "
      "case is watched until the result of every message is known and --settle-time has "
      "passed, or until the watch time is over. Without this option a case ends when "
      "the command has ended and its connections are closed.");
  parser
      .add_option(
          "--watch-time", options.watch,
          "How long each case is watched (protocol time, such as 6h or 30m). Without --queue "
          "the time begins when the command starts, and a command that is still running at "
          "its end is stopped. With --queue it begins when the command has ended, and each "
          "case is watched to its end.")
      ->type_name("DURATION")
      ->default_str("the scenario's own watch time");
  parser
      .add_option(
          "--settle-time", options.settle_time,
          "With --queue: how long to watch (protocol time) after the result of every message "
          "is known, because a later queue run may send a duplicate. 0s: stop at once.")
      ->type_name("DURATION")
      ->default_str("2h, or with --watch-time until that is over");
  parser
      .add_option("--timeout", options.timeout_seconds,
                  "How many real seconds the command may run. Then its process group gets SIGTERM, "
                  "and SIGKILL two seconds later. 0: no limit.")
      ->type_name("SECONDS")
      ->check(number([](double value) { return value >= 0 && value <= 1e7; },
                     "seconds from 0 (no limit) to 10000000"))
      ->default_str("60");
  parser
      .add_option("--messages", options.messages,
                  "Give each command this many messages (more if the scenario needs more) to send "
                  "one after the other; {handovers} lists them. This shows whether a failure "
                  "affects the next message.")
      ->type_name("NUMBER")
      ->check(whole_number(1, 100))
      ->default_str("set by the scenario, usually 1");
  parser
      .add_option(
          "--exit", options.exits,
          "The meaning of the command's exit statuses, such as temporary=4,75. WORD is "
          "delivered, temporary or permanent. Without this option the meanings of sysexits.h "
          "count: 0 is delivered; 71, 74 and 75 are temporary; 65, 67, 68, 69, 76 and 77 are "
          "permanent failures. May be given more than once.")
      ->type_name("WORD=STATUS[,STATUS...]")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  parser
      .add_option("--port", options.port,
                  "With --dns: the port of all hosts. 0: the system chooses a port for each case.")
      ->type_name("PORT")
      ->check(whole_number(0, 65535))
      ->default_str("25, because senders that look up MX records use it");
  parser.add_option("-j,--jobs", options.jobs, "Number of cases that run at the same time.")
      ->type_name("NUMBER")
      ->check(whole_number(1, 1000))
      ->default_str("the number of cores, or four times that with --queue");
  parser.add_flag("--lab", options.lab,
                  "Run every case in its own sealed network, with MX records, real addresses and "
                  "port 25: the same as tempfail lab test (see tempfail lab --help).");
  parser.add_flag("--keep-going", options.keep_going,
                  "Run all scenarios, even if the sender does not connect in healthy.");
  parser.add_flag("--dry-run", options.dry_run, "Print what would run, and run nothing.");
  add_report_options(parser, options.report, "tempfail-report");
  add_run_options(parser, options.run);
  parser
      .add_option(
          "--clock", options.clock,
          "Run the command, and all programs that it starts, with a clock that is FACTOR times as "
          "fast as the real one (libfaketime, package faketime), so that the sender's intervals "
          "and timeouts need no change. FACTOR is also the time scale.")
      ->type_name("fast=FACTOR")
      ->excludes("--time-scale");
  add_catalogue_options(parser, options.catalogue);
}

Manual test_manual() {
  Manual manual;
  manual.name = "test";
  manual.summary = "run a sender through scenarios and judge it";
  manual.synopsis = "[OPTIONS] [SCENARIO|FAMILY|GLOB...] -- COMMAND [ARGUMENT...]";
  manual.description = {
      "For each scenario (default: all of them) tempfail starts a server on a free port, runs the "
      "sender's command against it, and judges whether the sender did what a correct sender does. "
      "It prints a table with the evidence and writes reports for people and for programs.",
      "The answer for a case is ok, FAIL, not met (the failure had no effect on this sender), "
      "undecided (it is still open whether the sender does everything that is expected), not "
      "applicable (the sender declares that it does not support the scenario), or error (tempfail "
      "could not run the case).",
      "A case ends when the command ends, so a sender that retries by itself has time to do so. A "
      "sender that never exits is stopped after the scenario's watch time (the command show prints "
      "it), but not before ten real seconds have passed, and judged by what was seen until then. A "
      "sender that only hands the message to a queue (sendmail, an MTA) needs --queue. A case "
      "without a connection is a FAIL, unless the command exits with 89: with that status a sender "
      "declares that it does not support the scenario.",
      "Cases run side by side (--jobs), all in the directory in which tempfail was started. A "
      "command that writes files should write them into {case_dir}, a separate directory for each "
      "case.",
      "The scenario healthy, in which nothing fails, runs first if it is chosen, and the others "
      "begin after the sender has connected. If the sender never connects, tempfail prints the "
      "last lines of the command's output and ends without the other scenarios; the exit status "
      "is then that of healthy (1 for a FAIL). --keep-going runs all scenarios anyway.",
      "Retries take hours. With --time-scale 3600 an hour takes a second for the servers and the "
      "judge; the sender under test must divide its intervals by the same number ({time_scale}). "
      "The time that servers and judge count in is called protocol time.",
      "Instead of a command, --sender NAME runs a known sender: Postfix or Exim with their own "
      "queue, or a library (tempfail senders lists them).",
      "The command is executed directly, not by a shell: for pipes and variables write sh -c "
      "'...'. It runs in its own process group, its standard input is /dev/null, and its output is "
      "kept with the report (the first megabyte and the last 64 KB of each case). When the "
      "command's time is over, and on Ctrl-C, the whole group is stopped; processes that the "
      "command leaves running are stopped at the end of the case."};
  Section words{"Placeholders and their variables",
                {"tempfail replaces these words in braces in the command; write {{ for a brace. "
                 "The same values are in the command's environment, as the variables named here."},
                {}};
  for (const PlaceholderInfo& info : placeholders())
    words.terms.push_back({"{" + std::string(info.name) + "}, " + std::string(info.variable),
                           std::string(info.meaning)});
  manual.sections = {words};
  manual.exit_codes = verdict_exit_codes();
  manual.exit_codes.push_back(
      {"130", "Ctrl-C (143: SIGTERM). The reports contain the cases that had ended."});
  manual.environment = common_environment();
  manual.examples = {
      {"One try with swaks",
       "tempfail test disk-full -- swaks --server {host}:{port} --to {recipient} --from {sender}"},
      {"A mailer that retries by itself, an hour in a second",
       "tempfail test --time-scale 3600 -- ./my-mailer --smtp {host}:{port} --file {message}"},
      {"Postfix, with all the settings that it needs", "tempfail test 'disk/*' --sender postfix"},
      {"A mailer that verifies certificates",
       "tempfail test 'tls/*' --tls-policy verified -- ./send {host} {port} --tls {tls} --ca {ca}"},
      {"Hand the message to a queue, then watch the queue",
       "tempfail test 'greylisted*' --queue -- sh -c './enqueue < \"$TEMPFAIL_MESSAGE\"'"},
      {"A mailer that looks up MX records on a given name server and port",
       "tempfail test dns --dns 0 --port 0 -- ./my-mailer --dns {dns} --port {port} {recipient}"},
      {"In CI, where known failures must not break the build",
       "tempfail test --expected-failures known.txt --junit junit.xml -- ./send {host} {port}"},
      {"See what would run", "tempfail test mailbox --dry-run -- ./send {host} {port}"}};
  return manual;
}

} // namespace tempfail::cli
