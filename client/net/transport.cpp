// The socket, TLS on top of it, and the queues between them and the owner.
#include "client/net/transport.hpp"

#include "client/net/output_queue.hpp"
#include "client/net/tls_engine.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace tempfail::client {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t tls_piece_bytes = 16 * 1024; ///< of content encrypted ahead of the network
constexpr std::size_t gather_max = 16;             ///< pieces in one system call

Failure failure_of_connect(const error_code& error) {
  if (error == asio::error::connection_refused) {
    return Failure::connect_refused;
  }
  if (error == asio::error::connection_reset) {
    return Failure::dropped; // it was accepted, and reset before this side had looked
  }
  if (error == asio::error::timed_out) {
    return Failure::connect_timeout;
  }
  if (error == boost::system::errc::too_many_files_open ||
      error == boost::system::errc::too_many_files_open_in_system ||
      error == asio::error::no_memory || error == asio::error::no_buffer_space) {
    return Failure::local;
  }
  return Failure::unreachable;
}

class TcpTransport : public Transport, public std::enable_shared_from_this<TcpTransport> {
 public:
  TcpTransport(asio::io_context& context, const TlsContext& tls, Endpoint endpoint)
      : socket_(context), tls_context_(tls), endpoint_(std::move(endpoint)) {}

  void open(const std::shared_ptr<TransportOwner>& owner) override;
  void push(std::string bytes) override { queue().push(std::move(bytes)); }
  void push(std::shared_ptr<const std::string> content, std::size_t offset,
            std::size_t length) override {
    queue().push(std::move(content), offset, length);
  }
  void flush() override;
  void secure(TlsMode mode) override;
  void finish() override { finishing_ = true; }
  void close() override;

  bool connected() const override { return connected_; }
  bool finishing() const override { return finishing_; }
  bool closed() const override { return closed_; }

 private:
  OutputQueue& queue() { return engine_ ? plain_ : output_; }
  void on_connect(const error_code& error);
  void read();
  void on_read(const error_code& error, std::size_t count);
  void on_tls_bytes(std::string_view bytes);
  bool go_on_with_handshake();
  bool encrypt_ahead();
  void on_written(const error_code& error, std::size_t count);

  tcp::socket socket_;
  const TlsContext& tls_context_;
  Endpoint endpoint_;
  std::weak_ptr<TransportOwner> owner_; ///< what is under way keeps him alive
  std::optional<TlsEngine> engine_;
  OutputQueue plain_;  ///< waits for encryption; empty without TLS
  OutputQueue output_; ///< waits for the network
  std::array<char, 4096> input_;
  bool connected_ = false;
  bool handshaking_ = false;
  bool writing_ = false;
  bool finishing_ = false;
  bool closed_ = false;
};

void TcpTransport::open(const std::shared_ptr<TransportOwner>& owner) {
  owner_ = owner;
  error_code error;
  const tcp::endpoint peer(asio::ip::make_address(endpoint_.address.ip), endpoint_.port);
  socket_.open(peer.protocol(), error);
  if (!error && !endpoint_.source_address.empty()) {
    socket_.bind({asio::ip::make_address(endpoint_.source_address, error), 0}, error);
  }
  if (error) {
    asio::post(socket_.get_executor(), [self = shared_from_this(), owner = owner_.lock(), error] {
      self->on_connect(error);
    });
    return;
  }
  socket_.async_connect(peer, [self = shared_from_this(), owner = owner_.lock()](
                                  const error_code& result) { self->on_connect(result); });
}

void TcpTransport::on_connect(const error_code& error) {
  if (closed_) {
    return;
  }
  if (error) {
    owner_.lock()->on_not_connected(failure_of_connect(error), error.message());
    return;
  }
  connected_ = true;
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  owner_.lock()->on_connected();
  read();
}

void TcpTransport::read() {
  if (closed_) {
    return;
  }
  socket_.async_read_some(asio::buffer(input_), [self = shared_from_this(), owner = owner_.lock()](
                                                    const error_code& error, std::size_t count) {
    self->on_read(error, count);
  });
}

void TcpTransport::on_read(const error_code& error, std::size_t count) {
  if (closed_ || finishing_) {
    return;
  }
  if (error) {
    const bool reset = error != asio::error::eof;
    owner_.lock()->on_ended(reset, reset ? error.message() : std::string());
    return;
  }
  const std::string_view bytes(input_.data(), count);
  if (engine_) {
    on_tls_bytes(bytes);
  } else {
    owner_.lock()->on_bytes(bytes);
  }
  if (!closed_ && !finishing_) {
    read();
  }
}

void TcpTransport::secure(TlsMode mode) {
  handshaking_ = true;
  engine_.emplace(tls_context_, mode, endpoint_.host);
  engine_->handshake();
}

/// False if there is nothing to be read yet, or nothing any more.
bool TcpTransport::go_on_with_handshake() {
  switch (engine_->handshake()) {
  case TlsEngine::Progress::done:
    handshaking_ = false;
    owner_.lock()->on_secured(engine_->state());
    return !closed_;
  case TlsEngine::Progress::more: flush(); return false;
  case TlsEngine::Progress::closed:
  case TlsEngine::Progress::failed:
    owner_.lock()->on_tls_failed("TLS handshake failed: " + engine_->error());
    return false;
  }
  return false;
}

void TcpTransport::on_tls_bytes(std::string_view bytes) {
  engine_->feed(bytes);
  if (handshaking_ && !go_on_with_handshake()) {
    return;
  }
  std::string plaintext;
  const auto progress = engine_->read(plaintext);
  if (!plaintext.empty()) {
    owner_.lock()->on_bytes(plaintext);
  }
  if (closed_) {
    return;
  }
  if (progress == TlsEngine::Progress::closed) {
    owner_.lock()->on_ended(false, "TLS closed");
  } else if (progress == TlsEngine::Progress::failed) {
    owner_.lock()->on_tls_failed("TLS failed: " + engine_->error());
  } else {
    flush(); // TLS may have something of its own to say
  }
}

/// Encrypts the next pieces; true if there is something for the network.
bool TcpTransport::encrypt_ahead() {
  std::size_t budget = tls_piece_bytes;
  while (!handshaking_ && !plain_.empty() && budget > 0) {
    const std::string_view part = plain_.front(budget);
    if (!engine_->write(part)) {
      plain_.clear();
      break;
    }
    budget -= part.size();
    plain_.consume(part.size());
  }
  if (finishing_ && plain_.empty() && !handshaking_) {
    engine_->close();
  }
  output_.push(engine_->take_output());
  return !output_.empty();
}

void TcpTransport::flush() {
  if (writing_ || closed_ || !connected_) {
    return;
  }
  if (output_.empty() && !(engine_ && encrypt_ahead())) {
    if (finishing_) {
      close();
    }
    return;
  }
  std::vector<asio::const_buffer> buffers;
  for (const std::string_view piece : output_.pieces(gather_max)) {
    buffers.emplace_back(piece.data(), piece.size());
  }
  writing_ = true;
  socket_.async_write_some(
      buffers, [self = shared_from_this(), owner = owner_.lock()](
                   const error_code& error, std::size_t count) { self->on_written(error, count); });
}

void TcpTransport::on_written(const error_code& error, std::size_t count) {
  writing_ = false;
  if (closed_) {
    return;
  }
  if (error) {
    output_.clear();
    plain_.clear();
    if (finishing_) {
      close();
    }
    return; // the read that is under way finds what the server said before, and the end
  }
  output_.consume(count);
  if (!finishing_) {
    owner_.lock()->on_written(output_.empty() && plain_.empty());
  }
  flush();
}

void TcpTransport::close() {
  if (closed_) {
    return;
  }
  closed_ = true;
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  if (const auto owner = owner_.lock()) {
    owner->on_closed();
  }
}

} // namespace

std::shared_ptr<Transport> make_transport(asio::io_context& context, const TlsContext& tls,
                                          Endpoint endpoint) {
  return std::make_shared<TcpTransport>(context, tls, std::move(endpoint));
}

} // namespace tempfail::client
