// The control socket of `serve`: a Unix socket that takes the lines of control_protocol.
#pragma once

#include "control/managed_server.hpp"

#include <filesystem>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace tempfail::cli {

class ControlServer {
 public:
  /// Listens at `path`, for this user alone. A socket left behind by a program that is gone is replaced;
  /// throws CannotRun when another program listens there or the path can't be used. `limits` outlives it.
  ControlServer(boost::asio::io_context& context, const std::filesystem::path& path,
                control::ManagedServerPtr server, const control::Limits& limits);
  /// Closes everything and removes the socket.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace tempfail::cli
