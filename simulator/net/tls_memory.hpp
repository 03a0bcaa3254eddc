// What OpenSSL keeps for a handshake message to come goes back to the system while the client says nothing.
// A server's handshake holds a buffer of 21 KB from its first message to its last. Between the server's flight and
// the client's answer nothing is in it: its pages may go, and come back empty when they are written to.
#pragma once

#include <cstddef>

namespace tempfail::net {

/// Has OpenSSL allocate through this module. To be called before OpenSSL has allocated anything; again does
/// nothing. False: too late, or there is no address space; all works as without it, and nothing is saved. What
/// OpenSSL does afterwards may happen in any thread.
bool save_tls_memory();

/// What there is of message buffers.
struct MessageMemory {
  std::size_t buffers = 0;       ///< of handshakes that are under way
  std::size_t buffers_bytes = 0; ///< of these, bytes in physical memory
  std::size_t total_bytes = 0;   ///< in physical memory, with what is kept for handshakes to come
};
MessageMemory message_memory();

/// Where one connection's OpenSSL has the buffer for the messages of its handshake. Used by one thread at a time,
/// as the connection is.
class MessageBuffer {
 public:
  MessageBuffer() = default;
  ~MessageBuffer();
  MessageBuffer(const MessageBuffer&) = delete;
  MessageBuffer& operator=(const MessageBuffer&) = delete;

  /// While it lives, the message buffer that OpenSSL asks for in this thread is this one: the first only, and
  /// only the first time that it is offered.
  class Offer {
   public:
    explicit Offer(MessageBuffer& buffer);
    ~Offer();
    Offer(const Offer&) = delete;
    Offer& operator=(const Offer&) = delete;
  };

  /// Forgets what is in the buffer, if OpenSSL has it still, and gives its pages back.
  void give_back_pages();

 private:
  friend struct MessageArena;

  void* memory_ = nullptr; ///< null: OpenSSL has not asked for it, or has freed it
  bool offered_ = false;
};

} // namespace tempfail::net
