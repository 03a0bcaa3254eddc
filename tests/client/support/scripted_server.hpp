// A server on a raw socket whose conversation a test writes down, on a thread of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace tempfail::client::test {

/// A certificate and its key, self-signed, made on the fly; also written as PEM for clients to trust.
class TestCertificate {
 public:
  /// `host`: the name it is for. `days`: how long it is valid; negative: it has expired.
  explicit TestCertificate(const std::string& host, int days = 1);
  ~TestCertificate();
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;

  ssl_ctx_st* context() const { return context_; }
  const std::string& pem_file() const { return pem_file_; }

 private:
  ssl_ctx_st* context_;
  std::string pem_file_;
};

/// The peer's end of one connection. Everything blocks, for at most a minute.
class Peer {
 public:
  explicit Peer(int descriptor);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// Sends lines, CRLF after each ('\n' within `lines` too).
  void say(std::string_view lines);
  void send(std::string_view bytes);
  /// The next line without CRLF; "" at the end of the stream.
  std::string hear();
  /// Lines up to the final dot, dots unstuffed.
  std::string hear_content();
  /// Whatever comes, until the peer ends the stream.
  std::string hear_all();
  std::string hear_bytes(std::size_t count);

  void start_tls(const TestCertificate& certificate); ///< as a server; throws if it fails
  void reset();                                       ///< RST
  void finish();                                      ///< FIN, and reads on until the peer's
  void close_now();

  /// Greets, answers EHLO with `ehlo`, MAIL and RCPT with 250 and DATA with 354, takes the content and
  /// answers it with `verdict`; then goes on with the next message, until QUIT or the end.
  void serve(std::string_view ehlo = "250 mx.test", std::string_view verdict = "250 2.0.0 ok");
  void serve_after_greeting(std::string_view ehlo, std::string_view verdict);

  std::function<void()> on_quit;  ///< called by serve() before it answers QUIT
  std::vector<std::string> heard; ///< every line
  std::vector<std::string> contents;

 private:
  bool fill();

  int descriptor_;
  ssl_st* tls_ = nullptr;
  std::string buffer_;
};

/// Listens on 127.0.0.x and plays one script per connection, each on a thread of its own; the last script
/// serves all further connections. Ends with the object.
class ScriptedServer {
 public:
  using Script = std::function<void(Peer&)>;

  explicit ScriptedServer(std::vector<Script> scripts, const std::string& address = "127.0.0.1",
                          std::uint16_t port = 0);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::size_t connections() const { return connections_; }
  /// All lines heard so far, of all connections, in order of the connections' ends; call after stop().
  std::vector<std::string> heard();
  std::vector<std::string> contents();
  void stop(); ///< takes no more connections and waits for the scripts

 private:
  void accept_all();
  void play(std::size_t number, int descriptor);

  std::vector<Script> scripts_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> connections_ = 0;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::vector<std::thread> threads_;
  std::vector<std::string> heard_;
  std::vector<std::string> contents_;
  std::thread acceptor_;
};

/// A port of 127.0.0.1 that nobody listens on (bound, never listening, while the object lives).
class RefusedPort {
 public:
  explicit RefusedPort(const std::string& address = "127.0.0.1", std::uint16_t port = 0);
  ~RefusedPort();
  RefusedPort(const RefusedPort&) = delete;
  RefusedPort& operator=(const RefusedPort&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
};

} // namespace tempfail::client::test
