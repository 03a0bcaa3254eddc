// Who talks to a running server for `tempfail control`: over its control socket, or over its HTTP API.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace tempfail::cli {

/// The client's side of one control.
class ControlClient {
 public:
  virtual ~ControlClient() = default;
  /// The answer to a command of control_commands(), without its "ok". Throws UsageError where the server refuses it,
  /// and CannotRun where there is none.
  virtual std::string ask(const std::vector<std::string>& words) = 0;
};

/// Connects to the socket at `path`. Throws CannotRun.
std::unique_ptr<ControlClient> control_by_socket(const std::string& path);

/// Of the API at "http://HOST:PORT". `token`: empty: none. Throws UsageError for what is not such a URL.
std::unique_ptr<ControlClient> control_by_url(const std::string& url, const std::string& server,
                                              const std::string& token);

} // namespace tempfail::cli
