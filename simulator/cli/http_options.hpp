// The options of the HTTP API: where it is, who may use it, and which ports new servers have.
#pragma once

#include "control/servers.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace tempfail::cli {

struct ServeOptions;

/// Adds --http, --http-token and --ports.
void add_http_options(CLI::App& parser, ServeOptions& options);
/// UsageError when a value makes no sense.
void check_http(const ServeOptions& options);

/// Where the API listens, and the token that it asks for.
struct HttpSettings {
  std::string address;
  std::uint16_t port = 0;
  std::string token;           ///< empty: none is needed
  bool token_was_made = false; ///< which is told to nobody yet
};
/// A token is read from its file; on an address that others reach one is made where there is no file. Throws
/// UsageError.
HttpSettings http_settings(const ServeOptions& options);
/// The first line of a file, where it is a token. Throws UsageError.
std::string read_token(const std::string& file);
/// Of --ports; nothing: the system chooses.
std::optional<control::PortRange> port_range(const ServeOptions& options);

} // namespace tempfail::cli
