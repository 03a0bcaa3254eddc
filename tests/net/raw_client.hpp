// A client of plain POSIX sockets: sees exactly what a kernel sees of the server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tempfail::test {

/// How a stream came to its end.
enum class Ending {
  fin,       ///< recv() said 0
  reset,     ///< ECONNRESET
  timed_out, ///< nothing within the deadline: the test's own failure
};

/// What was read until the end.
struct Rest {
  std::string bytes;
  Ending ending = Ending::timed_out;
};

/// One connection. Every wait has a generous deadline; on it, std::runtime_error.
class RawClient {
 public:
  static constexpr int deadline_ms = 60'000;

  /// `receive_buffer`: SO_RCVBUF, 0: the system's. Throws std::system_error when it is refused.
  explicit RawClient(std::uint16_t port, int receive_buffer = 0);
  ~RawClient();
  RawClient(RawClient&& other) noexcept;
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  int fd() const { return fd_; }
  void send(std::string_view bytes);
  /// Sends without waiting; how many bytes the kernel took.
  std::size_t send_some(std::string_view bytes);
  /// Exactly `count` bytes.
  std::string read(std::size_t count);
  /// Up to and including a line's LF.
  std::string read_line();
  /// One recv(): what has arrived by then.
  std::string read_some();
  Rest read_to_end();
  /// Bytes are there, or the end, within `ms`.
  bool readable_within(int ms) const;
  void half_close();
  void close();
  /// RST.
  void reset();

 private:
  int fd_ = -1;
};

} // namespace tempfail::test
