// What steers a running `serve`: the control socket and the HTTP API, two skins of the same servers.
#pragma once

#include "cli/http_options.hpp"
#include "cli/service.hpp"
#include "control/managed_server.hpp"

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>

namespace boost::asio {
class io_context;
}

namespace tempfail::cli {

class ControlPlane {
 public:
  /// Whether there is anything to steer by.
  static bool is_wanted(const ServeOptions& options) {
    return !options.control.empty() || !options.http.empty();
  }

  /// `own`: the servers that the program was started with. All outlive the control plane. Throws CannotRun, UsageError.
  ControlPlane(boost::asio::io_context& loop, const ServeOptions& options,
               scenario::Catalogue catalogue, control::ManagedServerParts own);
  ~ControlPlane();
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;

  /// Where the API is: "http://127.0.0.1:8025"; empty: there is none.
  std::string url() const;
  /// What the ready file says of it: null, or `url` and `token`.
  nlohmann::ordered_json ready() const;
  /// A token that was made, and has to be told; empty: none was.
  std::string made_token() const;
  /// Nothing is answered any more; `done` is called when all servers that were made are closed.
  void close(std::function<void()> done);
  /// Of the servers that were made.
  net::TrafficTotals totals() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace tempfail::cli
