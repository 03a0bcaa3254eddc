// The options of `serve`, and its manual.
#include "cli/serve_options.hpp"

#include "cli/allowed.hpp"
#include "cli/cli11.hpp"
#include "cli/http_options.hpp"
#include "journal/writer.hpp"

namespace tempfail::cli {

void add_serve_options(CLI::App& parser, ServeOptions& options) {
  parser.add_option("SCENARIO", options.patterns);
  parser
      .add_option(
          "--port", options.port,
          "Port of the first scenario; each further one takes the next. 0: the system chooses "
          "a free one for each. With --dns it is the port of all, and 25 where nothing is said.")
      ->type_name("BASE")
      ->check(whole_number(0, 65535))
      ->default_str("2600");
  parser
      .add_option(
          "--common-port", options.common_port,
          "A port that serves all of them: the recipient chooses, as anyone@disk-full.test or "
          "disk-full@anything. 0: the system chooses. Without --port it is there anyway, on "
          "2525.")
      ->type_name("PORT")
      ->check(whole_number(0, 65535));
  parser
      .add_option("--journal", options.journal,
                  "Append what is seen and done to this file, a JSON object a line; tempfail judge "
                  "reads it. Written before the reply that it belongs to is sent. A full disk is "
                  "reported, and serving goes on; what is not written by the end is counted, and "
                  "the exit status is 3. SIGHUP opens the file again, after logrotate moved it.")
      ->type_name("FILE");
  parser
      .add_option("--journal-rotate", options.journal_rotate,
                  "Once the journal has so many bytes of events (100MB), move it to FILE.1, the "
                  "next one to FILE.2 and so on, and write a new one. Nothing is deleted. tempfail "
                  "judge FILE* reads them as one.")
      ->type_name("SIZE");
  parser
      .add_option("--keep", options.keep,
                  "Write each accepted message into this directory, as "
                  "SCENARIO-SESSION-TRANSACTION.eml, before it "
                  "is accepted. Only you can read the files, which may hold personal data; beyond "
                  "10000 messages, --keep-size or --keep-age the oldest of this run are deleted.")
      ->type_name("DIR");
  parser
      .add_option("--keep-age", options.keep_age,
                  "With --keep: delete each message so long after it was accepted (real time).")
      ->type_name("DURATION")
      ->default_str("kept to the end, and after it");
  parser
      .add_option("--keep-size", options.keep_size,
                  "With --keep: how much the messages of this run may take; then the oldest are "
                  "deleted.")
      ->type_name("SIZE")
      ->default_str("1GB");
  parser
      .add_option(
          "--tls-dir", options.tls_directory,
          "Write the certificate authority made for this run (ca.pem) into this directory, so "
          "that a sender can trust it.")
      ->type_name("DIR");
  parser
      .add_option("--clock", options.clock,
                  "With manual, protocol time stands still and moves only by the control command "
                  "advance: tests of hours get exact and instant.")
      ->type_name("real|manual")
      ->check(one_of({"real", "manual"}))
      ->default_str("real");
  parser
      .add_option(
          "--control", options.control,
          "Listen for control commands on a Unix socket at this path (see tempfail control).")
      ->type_name("PATH");
  add_http_options(parser, options);
  parser
      .add_option("--ready-file", options.ready_file,
                  "Write this file, at once and whole, when everything listens: a JSON object with "
                  "the process id and the endpoints. It is removed at the end.")
      ->type_name("FILE");
  parser.add_flag(
      "--json", options.json,
      "Print JSON: that object on a line when everything listens, another with the summary at "
      "the end.");
  add_run_options(parser, options.run);
  add_catalogue_options(parser, options.catalogue);
}

namespace {

/// The program's own limits, with their values as they are in the code.
Section limits() {
  const net::Settings settings;
  const session::Limits& limits = settings.limits;
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  Section section{"Limits", {"What a scenario may be stricter about, but not more generous:"}, {}};
  section.terms = {
      {"message", scenario::size_to_string(limits.message_size) + "; over it 552 5.3.4."},
      {"command line", number(limits.command_line) + " bytes; over it 500 5.5.2."},
      {"recipients", number(limits.recipients) + " for a message; over it 452 4.5.3."},
      {"Received fields", number(limits.received_fields) + "; over it 554 5.4.6."},
      {"header", scenario::size_to_string(limits.header_section) + " of it are looked at."},
      {"idle session", scenario::to_string(limits.idle) + " of real time; then 421 4.4.2."},
      {"bad commands", number(limits.errors) + " in a session; then 421 4.7.0."},
      {"journal",
       scenario::size_to_string(journal::FileRecorder::backlog_limit) +
           " are kept in memory while the disk is full; what comes then is counted as lost."},
      {"sessions", "As many as there are descriptors; the soft limit is raised to the hard one."}};
  return section;
}

} // namespace

Manual serve_manual() {
  Manual manual;
  manual.name = "serve";
  manual.summary = "run scenarios until stopped, a port each";
  manual.synopsis = "[OPTIONS] [SCENARIO|FAMILY|GLOB...]";
  manual.description = {
      "Starts an SMTP server for each scenario (default: all of them) and serves until it is "
      "stopped. It prints a table of where each of them listens; the line that begins with "
      "\"ready\" comes last, when all of them do.",
      "With --http it also answers requests that make servers, steer them and ask what "
      "arrived (docs/http.md); without a SCENARIO it then begins with none.",
      "It listens on loopback unless --bind says otherwise, and never sends mail on its own: "
      "what it accepts is counted, journalled and dropped.",
      "SIGINT (Ctrl-C) and SIGTERM stop it: it stops accepting, says 421 to every session, "
      "waits for the clients to close (at most ten seconds) and prints a summary. A second "
      "signal ends it at once. So does SIGHUP where there is no --journal, or where the terminal "
      "is gone; else SIGHUP opens the journal again.",
      "When descriptors run out it says so once, stops accepting, and resumes when some are free."};
  manual.sections = {limits()};
  manual.exit_codes = exit_codes("");
  manual.environment = common_environment();
  manual.examples = {
      {"Everything there is", "tempfail serve"},
      {"One failure on a port of your choice", "tempfail serve disk-full --port 2525"},
      {"In a script, on any free port, told when it is there",
       "tempfail serve greylisted --port 0 --ready-file ready.json &"},
      {"An hour in a second, with a record",
       "tempfail serve 'mailbox/*' --time-scale 3600 --journal run.jsonl"},
      {"Servers made by request, one for each test", "tempfail serve --http 8025"},
      {"A test that owns the clock",
       "tempfail serve greylisted --port 0 --clock manual --control control.sock"}};
  return manual;
}

} // namespace tempfail::cli
