// What `serve` and `test` share.
#include "cli/run_options.hpp"

#include "cli/allowed.hpp"
#include "cli/cli11.hpp"
#include "cli/declarations.hpp"
#include "cli/dns_options.hpp"
#include "cli/error.hpp"
#include "cli/record_run.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "net/clock.hpp"
#include "scenario/read_record.hpp"

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tempfail::cli {

void add_run_options(CLI::App& parser, RunOptions& options) {
  parser
      .add_option("--bind", options.bind_address,
                  "Listen on this address. Only this machine can reach the default.")
      ->type_name("ADDRESS")
      ->default_str("127.0.0.1");
  parser
      .add_option(
          "--time-scale", options.time_scale,
          "How many seconds of protocol time pass in a real second: with 3600, an hour of a "
          "scenario takes a second.")
      ->type_name("FACTOR")
      ->check(number([](double value) { return value > 0 && value <= 1e6; },
                     "a number above 0, at most 1000000"))
      ->default_str("1");
  parser
      .add_option("--seed", options.seed,
                  "Seed of all random choices: the same seed gives the same run.")
      ->type_name("NUMBER")
      ->check(whole_number(0, UINT64_MAX))
      ->default_str("1");
  parser.add_flag("--starttls", options.starttls,
                  "Offer STARTTLS in every scenario without its own TLS settings.");
  parser
      .add_flag("--tls", options.tls,
                "Use implicit TLS (as on port 465) in every scenario, including those that offer "
                "STARTTLS. Scenarios about the command STARTTLS itself are left out.")
      ->excludes("--starttls");
  parser.add_flag("--auth", options.auth,
                  "Offer AUTH in every scenario. A scenario without its own users accepts every "
                  "name and password.");
  parser.add_flag("--no-close-notify", options.no_close_notify,
                  "Close every TLS connection without close_notify, as an attacker or a crash "
                  "would. This shows whether the sender notices that a connection was truncated.");
  parser
      .add_option(
          "--sender-server", options.sender_server,
          "The sender's own SMTP server, for scenarios that send mail back to the sender: a port "
          "of this machine, or ADDRESS:PORT. Without this option tempfail sends no mail; with it, "
          "only there.")
      ->type_name("[ADDRESS:]PORT");
  parser
      .add_option(
          "--sender-host", options.sender_host,
          "The name of the sender's own host, for scenarios in which an MX record names it.")
      ->type_name("NAME")
      ->default_str(std::string(scenario::default_sender_host));
  add_dns_option(parser, options);
  add_declarations(parser, options);
}

namespace {

struct SenderServer {
  std::string address;
  std::uint16_t port = 0;
};

std::optional<SenderServer> parse_sender_server(std::string_view text) {
  SenderServer target{"127.0.0.1", 0};
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && colon > 0) target.address = text.substr(0, colon);
  if (colon != std::string_view::npos) text.remove_prefix(colon + 1);
  if (target.address.starts_with('[') && target.address.ends_with(']'))
    target.address = target.address.substr(1, target.address.size() - 2);
  boost::system::error_code error;
  boost::asio::ip::make_address(target.address, error);
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), target.port);
  if (error || wrong != std::errc() || end != text.data() + text.size() || target.port == 0)
    return std::nullopt;
  return target;
}

} // namespace

void check_run_options(const RunOptions& options) {
  check_declarations(options);
  check_dns(options);
  if (!options.sender_server.empty() && !parse_sender_server(options.sender_server))
    throw UsageError("--sender-server " + options.sender_server +
                     ": allowed: 2525, 127.0.0.1:2525, [::1]:2525");
  if (!scenario::is_domain_name(options.sender_host))
    throw UsageError("--sender-host " + options.sender_host +
                     " is not a valid host name; allowed: mail.sender.test");
  boost::system::error_code error;
  boost::asio::ip::make_address(options.bind_address, error);
  if (error)
    throw UsageError("--bind " + options.bind_address +
                     " is not a valid address; allowed: 127.0.0.1, ::1, 0.0.0.0");
}

net::ServerSettings settings_of(const RunOptions& options) {
  net::ServerSettings settings;
  settings.bind_address = options.bind_address;
  settings.offer_starttls = options.starttls;
  settings.implicit_tls = options.tls;
  settings.offer_auth = options.auth;
  settings.close_notify = !options.no_close_notify;
  settings.seed = options.seed;
  settings.sender_host = options.sender_host;
  if (const auto target = parse_sender_server(options.sender_server);
      target && !options.sender_server.empty()) {
    settings.return_address = target->address;
    settings.return_port = target->port;
  }
  return settings;
}

std::vector<scenario::ScenarioPtr>
scenarios_for_tls_option(std::vector<scenario::ScenarioPtr> scenarios, const RunOptions& options,
                         StandardStream& err) {
  if (!options.tls) return scenarios;
  std::vector<std::string> left_out;
  std::erase_if(scenarios, [&](const scenario::ScenarioPtr& scenario) {
    if (!scenario::is_about_starttls(scenario->server)) return false;
    left_out.push_back(scenario->name);
    return true;
  });
  if (left_out.empty()) return scenarios;
  const std::string names = joined(left_out, ", ");
  if (scenarios.empty())
    throw UsageError(
        "no scenario is left: with --tls, scenarios about STARTTLS itself are left out (" + names +
        ")");
  err.write("tempfail: left out, because with --tls there is no STARTTLS: " + names + '\n');
  return scenarios;
}

bool is_loopback(const std::string& address) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(address, error);
  return !error && parsed.is_loopback();
}

void record_run(journal::Recorder& recorder, const RunOptions& options, double time_scale) {
  record_run_since(recorder, options, time_scale, net::unix_microseconds());
}

void record_run_since(journal::Recorder& recorder, const RunOptions& options, double time_scale,
                      std::int64_t started_unix_us, std::chrono::microseconds error) {
  journal::event::Run run;
  run.version = TEMPFAIL_VERSION;
  run.seed = options.seed;
  run.time_scale = time_scale;
  run.started_unix_us = started_unix_us;
  const std::string told = options.tls_policy_word();
  if (options.tls || !options.tls_policy.empty()) run.tls_policy = told;
  const std::string without = declared_without(options);
  run.without = without;
  run.role = options.role;
  run.scaled_timeouts = options.scaled_timeouts;
  run.queue_lifetime = scenario::parse_duration(options.queue_lifetime).value_or(Duration::zero());
  run.notifications_come = !options.sender_server.empty() || options.notifications_come;
  run.clock_error =
      Duration(static_cast<std::int64_t>(static_cast<double>(error.count()) * time_scale));
  recorder.record({Moment{}, 0, 0, run});
  recorder.flush();
}

} // namespace tempfail::cli
