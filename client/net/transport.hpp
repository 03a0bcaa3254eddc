// A connection without a dialogue on it: bytes out and in, over TCP, and after secure() over TLS. One read is always
// under way, one write at most.
#pragma once

#include "client/net/address.hpp"
#include "client/net/tls_context.hpp"
#include "client/protocol/failure.hpp"
#include "client/protocol/session_settings.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace boost::asio {
class io_context;
}

namespace tempfail::client {

/// Where a connection goes, and as whom it takes the other side.
struct Endpoint {
  Address address{};
  std::uint16_t port = 25;
  std::string host{};           ///< the name whose certificate is expected
  std::string source_address{}; ///< local address; empty: any
};

/// Who is told what happens on a connection. From inside each call any function of it may be called.
class TransportOwner {
 public:
  virtual ~TransportOwner() = default;

  virtual void on_connected() = 0;
  virtual void on_not_connected(Failure failure, const std::string& what) = 0;
  virtual void on_bytes(std::string_view plaintext) = 0;
  /// The peer ended the connection: properly if `what` is empty.
  virtual void on_ended(bool reset, const std::string& what) = 0;
  virtual void on_secured(const TlsState& tls) = 0;
  virtual void on_tls_failed(const std::string& what) = 0;
  /// The network took something; `all`: nothing is left to be written.
  virtual void on_written(bool all) = 0;
  virtual void on_closed() = 0; ///< the last call
};

class Transport {
 public:
  virtual ~Transport() = default;

  /// Connects. While something is under way, which it is until the end, that keeps the owner alive.
  virtual void open(const std::shared_ptr<TransportOwner>& owner) = 0;
  /// Queues bytes; flush() lets what is queued leave together.
  virtual void push(std::string bytes) = 0;
  virtual void push(std::shared_ptr<const std::string> content, std::size_t offset,
                    std::size_t length) = 0;
  virtual void flush() = 0;
  /// Begins the TLS handshake; flush() sends its first message.
  virtual void secure(TlsMode mode) = 0;
  virtual void finish() = 0; ///< writes what is queued, then closes; listens no more
  virtual void close() = 0;  ///< closes now, whatever is queued

  virtual bool connected() const = 0;
  virtual bool finishing() const = 0;
  virtual bool closed() const = 0;
};

/// A connection that is not opened yet.
std::shared_ptr<Transport> make_transport(boost::asio::io_context& context, const TlsContext& tls,
                                          Endpoint endpoint);

} // namespace tempfail::client
