// Serves the figures over HTTP to Prometheus, or keeps a file with them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace tempfail::client {

/// Lives as long as it serves.
class MetricsServer {
 public:
  virtual ~MetricsServer() = default;
  virtual std::uint16_t port() const = 0; ///< 0 for a file
};

/// `where`: "127.0.0.1:9100" or "[::1]:0" for HTTP (a GET of any path), anything with a '/' for a file that is
/// rewritten every second, as node_exporter's textfile collector reads it. Throws std::runtime_error when that
/// can't be.
std::unique_ptr<MetricsServer> serve_metrics(boost::asio::io_context& context,
                                             const std::string& where,
                                             std::function<std::string()> page);

} // namespace tempfail::client
