// Reads --http, --http-token and --ports.
#include "cli/http_options.hpp"

#include "cli/cli11.hpp"
#include "cli/dns_options.hpp"
#include "cli/error.hpp"
#include "cli/read_file.hpp"
#include "cli/serve_options.hpp"
#include "http/guard.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <sys/random.h>

namespace tempfail::cli {

namespace {

constexpr std::size_t shortest_token = 16; // characters

std::string make_token() {
  unsigned char bytes[16];
  if (::getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes))
    throw CannotRun("the system provides no random bytes for a token");
  std::string token;
  for (const unsigned char byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    token += digits[byte >> 4U];
    token += digits[byte & 15U];
  }
  return token;
}

std::optional<control::PortRange> parse_range(std::string_view text) {
  control::PortRange range;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, range.first);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') return std::nullopt;
  const auto last = std::from_chars(first.ptr + 1, end, range.second);
  if (last.ec != std::errc() || last.ptr != end || range.first == 0 || range.second < range.first)
    return std::nullopt;
  return range;
}

} // namespace

std::string read_token(const std::string& file) {
  std::string token = read_file(file);
  token.resize(std::min(token.find_first_of("\r\n"), token.size()));
  const bool is_visible =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (token.size() < shortest_token || !is_visible)
    throw UsageError("--http-token " + file + ": the first line is not a valid token; allowed: " +
                     std::to_string(shortest_token) + " or more visible ASCII characters");
  return token;
}

void add_http_options(CLI::App& parser, ServeOptions& options) {
  parser
      .add_option(
          "--http", options.http,
          "Serve the HTTP API on this port. 0: the system chooses a port. The default ADDRESS is "
          "127.0.0.1. The API creates and controls servers, shows what arrived, and gives "
          "verdicts.")
      ->type_name("[ADDRESS:]PORT");
  parser
      .add_option(
          "--http-token", options.http_token,
          "Answer only requests with the token in the first line of this file. If other "
          "machines can reach the address of --http, and this option is missing, a token is "
          "created and printed.")
      ->type_name("FILE");
  parser
      .add_option("--ports", options.ports,
                  "Range of ports for servers that are created over the API.")
      ->type_name("FIRST-LAST")
      ->default_str("the system chooses a free port for each");
}

void check_http(const ServeOptions& options) {
  if (options.http.empty()) {
    if (!options.http_token.empty()) throw UsageError("--http-token needs --http");
    if (!options.ports.empty()) throw UsageError("--ports needs --http");
    return;
  }
  if (!parse_listen_address(options.http))
    throw UsageError("--http " + options.http +
                     " is not a valid address; allowed: 8025, 127.0.0.1:8025, [::1]:8025, 0 (the "
                     "system chooses the port)");
  if (!options.ports.empty() && !parse_range(options.ports))
    throw UsageError("--ports " + options.ports + " is not a valid range; allowed: 2600-2699");
}

HttpSettings http_settings(const ServeOptions& options) {
  HttpSettings place;
  const std::optional<ListenAddress> parsed = parse_listen_address(options.http);
  place.address = parsed->address;
  place.port = parsed->port;
  if (!options.http_token.empty()) {
    place.token = read_token(options.http_token);
  } else if (!http::is_loopback(place.address)) {
    place.token = make_token();
    place.token_was_made = true;
  }
  return place;
}

std::optional<control::PortRange> port_range(const ServeOptions& options) {
  return options.ports.empty() ? std::nullopt : parse_range(options.ports);
}

} // namespace tempfail::cli
