// A TCP connection to the name server: queries with their lengths in front, in any number (RFC 7766).
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tempfail::net {

class NameConnection : public std::enable_shared_from_this<NameConnection> {
 public:
  struct Handlers {
    /// A query is there, whole. Whoever takes it says what becomes of it: send(), reset(), or nothing.
    std::function<void(const std::shared_ptr<NameConnection>&, std::string_view query)> asked;
    std::function<void(const std::shared_ptr<NameConnection>&)> ended;
  };

  NameConnection(boost::asio::ip::tcp::socket socket, std::chrono::seconds idle, Handlers handlers);

  void start();
  /// The address of the client.
  const std::string& client() const { return client_; }
  /// Sends an answer; false: the connection is gone.
  bool send(std::string_view answer);
  /// Ends it with an RST.
  void reset();
  void close();

 private:
  void read();
  void take();
  void write();
  void watch();
  void end();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer idle_timer_;
  std::chrono::seconds idle_;
  Handlers handlers_;
  std::string client_;
  std::string input_;   ///< what is not yet a whole query
  std::string waiting_; ///< answers behind the one that is being written
  std::string writing_;
  std::array<char, 4096> buffer_{};
  bool ended_ = false;
};

} // namespace tempfail::net
