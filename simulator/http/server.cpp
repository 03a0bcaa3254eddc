// Accepts connections, as many as the limit allows.
#include "http/server.hpp"

#include "http/connection.hpp"
#include "http/problem.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <set>
#include <system_error>

namespace tempfail::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(asio::io_context& loop, ServerSetting the_setting, Api& the_api)
      : setting(std::move(the_setting)), api(the_api), acceptor(loop), pause(loop) {}

  void listen() {
    const tcp::endpoint endpoint(asio::ip::make_address(setting.address), setting.port);
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen(asio::socket_base::max_listen_connections);
  }

  void accept() {
    acceptor.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
      if (!self->acceptor.is_open()) return;
      if (error) return self->accept_later();
      self->take(std::move(socket));
      self->accept();
    });
  }

  /// Out of descriptors.
  void accept_later() {
    pause.expires_after(std::chrono::milliseconds(200));
    pause.async_wait([self = shared_from_this()](error_code cancelled) {
      if (!cancelled) self->accept();
    });
  }

  void take(tcp::socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const bool full = connections.size() >= setting.limits.connections;
    const auto connection = std::make_shared<Connection>(
        std::move(socket), setting, api, [weak = weak_from_this()](const auto& gone) {
          if (const auto self = weak.lock()) self->connections.erase(gone);
        });
    connections.insert(connection);
    if (!full) return connection->start();
    api.count_refused();
    connection->refuse(Problem(503, "there are too many connections").response());
  }

  void close() {
    error_code ignored;
    acceptor.close(ignored);
    pause.cancel();
    for (const auto& connection : connections)
      connection->close();
    connections.clear();
  }

  ServerSetting setting;
  Api& api;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::set<std::shared_ptr<Connection>> connections;
};

Server::Server(asio::io_context& loop, ServerSetting setting, Api& api)
    : impl_(std::make_shared<Impl>(loop, std::move(setting), api)) {
  try {
    impl_->listen();
  } catch (const boost::system::system_error& error) {
    throw std::system_error(error.code());
  }
  impl_->accept();
}

Server::~Server() {
  impl_->close();
}

std::uint16_t Server::port() const {
  return impl_->acceptor.local_endpoint().port();
}

void Server::close() {
  impl_->close();
}

} // namespace tempfail::http
