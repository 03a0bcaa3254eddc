// One client's connection: requests in order, one at a time.
#pragma once

#include "http/server.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>

namespace tempfail::http {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Ended = std::function<void(const std::shared_ptr<Connection>&)>;

  /// `ended` is called once, when the socket is closed but not by close(). Setting and API outlive it, or close()
  /// comes before.
  Connection(boost::asio::ip::tcp::socket socket, const ServerSetting& setting, Api& api,
             Ended ended);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Reads requests and answers them.
  void start();
  /// Answers whatever is asked with this, and closes.
  void refuse(Response response);
  /// At once.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace tempfail::http
