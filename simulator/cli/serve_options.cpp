// The options of `serve`, and its manual.
#include "cli/serve_options.hpp"

#include "cli/allowed.hpp"
#include "cli/cli11.hpp"
#include "cli/http_options.hpp"
#include "cli/store_options.hpp"
#include "journal/recorder.hpp"

namespace tempfail::cli {

void add_serve_options(CLI::App& parser, ServeOptions& options) {
  parser.add_option("SCENARIO", options.patterns);
  parser
      .add_option(
          "--port", options.port,
          "Port of the first scenario; each further scenario uses the next port. With --dns: the "
          "port of all hosts. With --mix: the only port. 0: the system chooses free ports.")
      ->type_name("BASE")
      ->check(whole_number(0, 65535))
      ->default_str("2600 (25 with --dns, 2525 with --mix)");
  parser
      .add_option("--shared-port", options.shared_port,
                  "A shared port for all scenarios: the recipient's address chooses the scenario, "
                  "such as anyone@disk-full.test or disk-full@anything. 0: the system chooses the "
                  "port.")
      ->type_name("PORT")
      ->check(whole_number(0, 65535))
      ->default_str("2525 (none with --port)");
  parser
      .add_option("--mix", options.mix,
                  "Serve a mix of scenarios on one port (--port) instead of one port for each "
                  "SCENARIO. For each domain of recipients the file says what share of them meets "
                  "which scenario. The mix can be changed while it is served.")
      ->type_name("FILE");
  parser
      .add_option(
          "--journal", options.journal,
          "Append every event to this file, with one JSON object on each line; tempfail judge "
          "reads "
          "it. An event is written before its reply is sent. If the disk is full, this is "
          "reported, and the servers continue; if events were still not written at the end, they "
          "are counted, and the exit status is 3. SIGHUP opens the file again, after logrotate has "
          "moved it. With --store, the word store instead of a file name writes one stream for all "
          "servers of the run; tempfail judge --from reads it.")
      ->type_name("FILE");
  parser
      .add_option("--journal-rotate", options.journal_rotate,
                  "When the journal has grown to this size (such as 100MB), move it to FILE.1, the "
                  "next one to FILE.2 and so on, and begin a new one. Nothing is deleted. tempfail "
                  "judge FILE* reads them as one.")
      ->type_name("SIZE");
  parser
      .add_option("--keep", options.keep,
                  "Write each message into this directory, as SCENARIO-SESSION-TRANSACTION.eml, "
                  "before it is accepted. Only you can read the files, which may contain personal "
                  "data. When there are more than 10000 messages, or more than --keep-size allows, "
                  "the oldest of this run are deleted.")
      ->type_name("DIR");
  parser
      .add_option("--keep-age", options.keep_age,
                  "With --keep: how long after its acceptance a message is deleted (real time).")
      ->type_name("DURATION")
      ->default_str("never");
  parser
      .add_option("--keep-size", options.keep_size,
                  "With --keep: how much space the messages of this run may take; the oldest are "
                  "deleted when it is used up.")
      ->type_name("SIZE")
      ->default_str("1GB");
  parser
      .add_option(
          "--tls-dir", options.tls_directory,
          "Write the certificate authority made for this run (ca.pem) into this directory, so "
          "that a sender can trust it.")
      ->type_name("DIR");
  parser
      .add_option(
          "--clock", options.clock,
          "With manual, protocol time moves only when the control command advance moves it, "
          "so that a test of several hours is exact and takes no time.")
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
      .add_option(
          "--workers", options.workers,
          "How many processes serve the same ports, so that more than one core works. They share "
          "one state, in --store, or in a redis-server that is started for them and ends with "
          "them. They write one journal.")
      ->type_name("NUMBER")
      ->check(whole_number(1, max_workers))
      ->default_str("1");
  add_store_options(parser, options);
  parser
      .add_option("--ready-file", options.ready_file,
                  "Write this file, atomically, when every port listens: a JSON object with the "
                  "process id and the addresses and ports. It is deleted at the end.")
      ->type_name("FILE");
  parser.add_flag(
      "--until-stdin-ends", options.until_stdin_ends,
      "Stop also when standard input ends. A program that holds the other end of a pipe "
      "then need not stop tempfail, however that program ends. The input is ignored.");
  parser.add_flag("-q,--quiet", options.quiet,
                  "Print no lines for events. Without this option a terminal shows commands and "
                  "replies, at most 200 lines a second.");
  parser
      .add_flag(
          "-v,--verbose", options.verbose,
          "Print lines for events even if the output is not a terminal, and for contents, "
          "TLS handshakes and clients that stop reading, too. With --json they go to standard "
          "error.")
      ->excludes("--quiet");
  parser.add_flag("--json", options.json,
                  "Print JSON: a line with the object of --ready-file when every port listens, and "
                  "another line with the summary at the end.");
  add_run_options(parser, options.run);
  add_catalogue_options(parser, options.catalogue);
}

namespace {

/// The program's own limits, with their values as they are in the code.
Section limits() {
  const net::ServerSettings settings;
  const session::Limits& limits = settings.limits;
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  Section section{"Limits", {"A scenario may have lower limits, but not higher ones:"}, {}};
  section.terms = {
      {"message",
       scenario::size_to_string(limits.message_size) + "; a larger message gets 552 5.3.4."},
      {"command line", number(limits.command_line) + " bytes; a longer one gets 500 5.5.2."},
      {"recipients",
       number(limits.recipients) + " for a message; each further one gets 452 4.5.3."},
      {"Received fields", number(limits.received_fields) + "; a message with more gets 554 5.4.6."},
      {"header",
       "The first " + scenario::size_to_string(limits.header_section) + " of it are checked."},
      {"idle session", scenario::to_string(limits.idle) +
                           " of real time without a command; then the client gets 421 4.4.2."},
      {"bad commands", number(limits.errors) + " in a session; then the client gets 421 4.7.0."},
      {"journal",
       scenario::size_to_string(journal::FileRecorder::backlog_limit) +
           " are kept in memory while the disk is full; later events are counted as lost."},
      {"sessions",
       "As many as there are file descriptors; the soft limit is raised to the hard limit."}};
  return section;
}

} // namespace

Manual serve_manual() {
  Manual manual;
  manual.name = "serve";
  manual.summary = "run scenarios until stopped, each on its own port";
  manual.synopsis = "[OPTIONS] [SCENARIO|FAMILY|GLOB...|--mix FILE]";
  manual.description = {
      "Starts an SMTP server for each scenario (default: all of them) and serves until it is "
      "stopped. It prints a table of addresses; its last line begins with \"ready\" and appears "
      "when every port listens.",
      "With --http it also has an HTTP API that creates and controls servers and shows what "
      "arrived (docs/http.md). Without a SCENARIO it then starts with no server.",
      "With --mix it serves one port, on which each recipient meets one scenario of a mix. The "
      "recipient's domain and address decide which (docs/command-line.md).",
      "It listens on loopback by default (--bind). It sends no mail, unless --sender-server asks "
      "for that: accepted messages are counted, written to the journal and dropped.",
      "SIGINT (Ctrl-C) and SIGTERM stop it: it accepts no more connections, sends 421 to every "
      "session, waits at most ten seconds for the clients to close, and prints a summary. A "
      "second signal ends it at once. SIGHUP opens the --journal again; without a --journal, or "
      "when the terminal is gone, SIGHUP stops it, too.",
      "With --workers, connections are spread over several processes by the kernel. If one of them "
      "ends unexpectedly, all are stopped, and the exit status is 3 (docs/scale.md).",
      "When file descriptors run out it reports that once, accepts no more connections, and "
      "resumes when some are free."};
  manual.sections = {limits()};
  manual.exit_codes = exit_codes("");
  manual.environment = common_environment();
  manual.examples = {
      {"Serve every scenario", "tempfail serve"},
      {"Serve one scenario on a chosen port", "tempfail serve disk-full --port 2525"},
      {"In a script: use any free port, and wait for the ready file",
       "tempfail serve greylisted --port 0 --ready-file ready.json &"},
      {"An hour in a second, with a journal",
       "tempfail serve 'mailbox/*' --time-scale 3600 --journal run.jsonl"},
      {"A mix: each domain has shares of several scenarios",
       "tempfail serve --mix mailbox-providers.yaml"},
      {"Serve by four processes, for load tests",
       "tempfail serve healthy --workers 4 --journal run.jsonl"},
      {"One of several servers, with one state and one journal",
       "tempfail serve greylisted --store redis://127.0.0.1:6379 --store-run monday --journal "
       "store"},
      {"Create servers over the HTTP API, one for each test", "tempfail serve --http 8025"},
      {"A test that moves the clock itself",
       "tempfail serve greylisted --port 0 --clock manual --control control.sock"}};
  return manual;
}

} // namespace tempfail::cli
