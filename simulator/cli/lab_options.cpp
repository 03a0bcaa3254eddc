// The options of `lab`, and its manual.
#include "cli/lab_options.hpp"

#include "cli/cli11.hpp"
#include "lab/plan.hpp"

namespace tempfail::cli {

void add_lab_options(CLI::App& parser, LabOptions& options) {
  parser
      .add_option(
          "--scenario", options.patterns,
          "Serve this one (a name, a family or a glob; may be said again) instead of all of "
          "them.")
      ->type_name("SCENARIO")
      ->expected(1)
      ->take_all();
  parser
      .add_option("--journal", options.journal,
                  "Append what is seen and done to this file, a JSON object a line; tempfail judge "
                  "reads it.")
      ->type_name("FILE");
  parser
      .add_option("--tls-dir", options.tls_directory,
                  "Write the certificate authority made for this run (ca.pem) into this directory, "
                  "so that a sender can trust it.")
      ->type_name("DIR");
  parser
      .add_option("--ready-file", options.ready_file,
                  "Write this file before the command starts: a JSON object that says what is "
                  "where. It is removed at the end.")
      ->type_name("FILE");
  parser.add_flag("-q,--quiet", options.quiet, "Don't print what is where.");
  add_run_options(parser, options.run);
  // A lab has addresses of its own, and a name server.
  parser.remove_option(parser.get_option("--bind"));
  parser.remove_option(parser.get_option("--dns"));
  add_catalogue_options(parser, options.catalogue);
}

namespace {

Section addresses() {
  Section section{"Addresses", {"The same in every lab:"}, {}};
  const auto name = [](std::string_view text) { return std::string(text); };
  section.terms = {
      {name(lab::sender_ipv4), "The command's own, and " + name(lab::sender_ipv6) +
                                   ". Its host name is " + name(lab::sender_name) + "."},
      {lab::host_ipv4(0) + " and up", "The scenarios' hosts, then 198.51.100.1 and up; of IPv6 " +
                                          lab::host_ipv6(0) +
                                          " and up: port 25 and 587, 465 where TLS begins with the "
                                          "first byte, 25 alone where it is about connections "
                                          "that fail."},
      {name(lab::sender_mx_ipv4), name(lab::sender_mx) + ", port 25: takes all mail to " +
                                      name(lab::sender_domain) + ", notifications that is."},
      {name(lab::name_server_ipv4),
       "The name server that /etc/resolv.conf names, port 53 (UDP and TCP): the MX of NAME.test "
       "leads to the scenario's host."}};
  for (const lab::DeadAddress& dead : lab::dead_addresses)
    section.terms.push_back(
        {name(dead.address), "Nobody: " + name(lab::to_string(dead.reach)) + "."});
  return section;
}

Section needs() {
  return {
      "What it needs",
      {"Linux. As root: the capabilities CAP_SYS_ADMIN, CAP_NET_ADMIN and CAP_NET_RAW, which "
       "containers don't have by themselves (--cap-add SYS_ADMIN --cap-add NET_ADMIN --cap-add "
       "NET_RAW, and often --security-opt apparmor=unconfined). Then all users of the system "
       "exist in the lab.",
       "As anybody else: a kernel that lets users make namespaces; where it does not, the error "
       "says which setting forbids it. In the lab you are root then. Other users exist there "
       "only when /etc/subuid and /etc/subgid have a range for you and newuidmap is installed: "
       "without them a program that changes its user, as mail servers do, fails."},
      {}};
}

} // namespace

Manual lab_manual() {
  Manual manual;
  manual.name = "lab";
  manual.summary = "run a command in a sealed network where every scenario has port 25";
  manual.synopsis = "[OPTIONS] [-- COMMAND [ARGUMENT...]]";
  manual.description = {
      "Makes a network of two sides joined by a cable: on one side the scenarios' servers, each "
      "with an address of its own and the ports that mail servers have, and a name server that "
      "leads to them, on the other side the command (default: $SHELL) with one address of its own. "
      "So a sender that looks up MX records, and knows no port but 25, needs no other "
      "configuration. Nothing leads out: no packet of the command gets anywhere but "
      "to these servers.",
      "The command has its own /etc/resolv.conf, /etc/hosts, host name, loopback and process "
      "numbers; all other files are the system's. When it ends, whatever it left behind is killed, "
      "daemons included, and the network is gone; so it is when tempfail itself is killed.",
      "What is where is printed on standard error; standard input, output and error are the "
      "command's, and so is the exit status.",
      "tempfail lab test is tempfail test with a lab for every case: {host} is an address of the "
      "scenario's own and {port} is 25 (465 where TLS begins with the first byte), and mail to "
      "anyone@NAME.test finds its way by MX. It takes the arguments and options of tempfail test, "
      "but for --bind and --dns."};
  manual.sections = {addresses(), needs()};
  manual.exit_codes = exit_codes("");
  manual.exit_codes.front() = {
      "", "That of the command; 128 and the signal's number when a signal ended it."};
  manual.exit_codes.back().meaning =
      "It could not run: the lab can't be made, a file can't be read or written.";
  manual.environment = common_environment();
  manual.environment.push_back({"SHELL", "What runs when no command is named."});
  manual.examples = {
      {"Look around", "tempfail lab"},
      {"One scenario, on port 25",
       "tempfail lab --scenario disk-full -- swaks --server 192.0.2.1 --to someone@disk-full.test"},
      {"Judge a sender that knows no port but 25",
       "tempfail lab test disk-full greylisted -- ./my-mailer --server {host}"},
      {"A mail server as it is, through all scenarios about names",
       "tempfail lab test dns hosts --queue -- ./submit-to-my-mail-server {message} {recipients}"},
      {"What a sender does when nobody answers",
       "tempfail lab --scenario healthy -- swaks --server 198.51.100.254 --to "
       "someone@silent.test"}};
  return manual;
}

} // namespace tempfail::cli
