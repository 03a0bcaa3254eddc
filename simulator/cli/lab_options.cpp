// The options of `lab`, and its manual.
#include "cli/lab_options.hpp"

#include "cli/cli11.hpp"
#include "lab/plan.hpp"

namespace tempfail::cli {

void add_lab_options(CLI::App& parser, LabOptions& options) {
  parser
      .add_option("--scenario", options.patterns,
                  "Serve only these scenarios (a name, family or glob) instead of all of them. May "
                  "be given more than once.")
      ->type_name("SCENARIO")
      ->expected(1)
      ->take_all();
  parser
      .add_option("--journal", options.journal,
                  "Append every event to this file, with one JSON object on each line; tempfail "
                  "judge reads "
                  "it.")
      ->type_name("FILE");
  parser
      .add_option("--tls-dir", options.tls_directory,
                  "Write the certificate authority made for this run (ca.pem) into this directory, "
                  "so that a sender can trust it.")
      ->type_name("DIR");
  parser
      .add_option("--ready-file", options.ready_file,
                  "Write this file before the command starts: a JSON object with every address. It "
                  "is deleted at the end.")
      ->type_name("FILE");
  parser.add_flag("-q,--quiet", options.quiet, "Don't print the table of addresses.");
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
      {lab::host_ipv4(0) + " and up",
       "The scenarios' hosts, continued from 198.51.100.1; IPv6 from " + lab::host_ipv6(0) +
           " and up. Ports 25 and 587; 465 for implicit TLS; only "
           "25 in scenarios about failing connections."},
      {name(lab::sender_mx_ipv4), name(lab::sender_mx) + ", port 25: accepts all mail to " +
                                      name(lab::sender_domain) + ", such as notifications."},
      {name(lab::name_server_ipv4), "The name server in /etc/resolv.conf, port 53 (UDP and TCP): "
                                    "the MX of NAME.test names the scenario's host."}};
  for (const lab::DeadAddress& dead : lab::dead_addresses)
    section.terms.push_back(
        {name(dead.address),
         "No host; a connection fails: " + name(lab::to_string(dead.unreachability)) + "."});
  return section;
}

Section needs() {
  return {"What it needs",
          {"Linux. As root: the capabilities CAP_SYS_ADMIN, CAP_NET_ADMIN and CAP_NET_RAW, which "
           "containers don't have by default (--cap-add SYS_ADMIN --cap-add NET_ADMIN --cap-add "
           "NET_RAW, and often --security-opt apparmor=unconfined). All users of the system then "
           "exist in the lab.",
           "As another user: a kernel that lets users create namespaces; if it does not, the error "
           "names the setting that forbids it. You are then root in the lab. Other users exist "
           "there only if /etc/subuid and /etc/subgid have a range for you and newuidmap is "
           "installed; without them a program that changes its user, as mail servers do, fails."},
          {}};
}

} // namespace

Manual lab_manual() {
  Manual manual;
  manual.name = "lab";
  manual.summary = "run a command in a sealed network where every scenario has port 25";
  manual.synopsis = "[OPTIONS] [-- COMMAND [ARGUMENT...]]";
  manual.description = {
      "Creates a network with two sides. On one side are the scenarios' servers, each with its own "
      "address and the usual mail ports, and a name server for them. On the other side the command "
      "runs (default: $SHELL), with one address. A sender that looks up MX records and only uses "
      "port 25 needs no other configuration. The network is sealed: packets of the command reach "
      "only these servers.",
      "The command has its own /etc/resolv.conf, /etc/hosts, host name, loopback and process ids; "
      "all other files are the system's. When it ends, or when tempfail itself is killed, all its "
      "processes are killed, daemons included, and the network is removed.",
      "The table of addresses is printed on standard error. Standard input, output, error and the "
      "exit status are those of the command.",
      "tempfail lab test is tempfail test with a lab for every case: {host} is the scenario's own "
      "address, {port} is 25 (465 for implicit TLS), and mail to anyone@NAME.test is routed by MX. "
      "It has the arguments and options of tempfail test, except --bind and --dns."};
  manual.sections = {addresses(), needs()};
  manual.exit_codes = exit_codes("");
  manual.exit_codes.front() = {
      "", "The command's own; 128 plus the signal's number if a signal ended it."};
  manual.exit_codes.back().meaning =
      "It could not run: the lab can't be made, a file can't be read or written.";
  manual.environment = common_environment();
  manual.environment.push_back({"SHELL", "The command that runs if none is given."});
  manual.examples = {
      {"Look around", "tempfail lab"},
      {"One scenario, on port 25",
       "tempfail lab --scenario disk-full -- swaks --server 192.0.2.1 --to someone@disk-full.test"},
      {"Judge a sender that only uses port 25",
       "tempfail lab test disk-full greylisted -- ./my-mailer --server {host}"},
      {"An unmodified mail server, in all scenarios about names",
       "tempfail lab test dns hosts --queue -- ./submit-to-my-mail-server {message} {recipients}"},
      {"See what a sender does when no host answers",
       "tempfail lab --scenario healthy -- swaks --server 198.51.100.254 --to "
       "someone@silent.test"}};
  return manual;
}

} // namespace tempfail::cli
