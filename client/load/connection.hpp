// One connection of a load: a short dialogue on a non-blocking socket. Internal to load.
#pragma once

#include "client/load/load.hpp"
#include "client/load/reply_scanner.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace tempfail::client {

/// What all connections of a load share.
struct LoadPlan {
  const LoadOptions& options;
  int poller = -1;
  sockaddr_storage peer{};
  socklen_t peer_bytes = 0;
  std::string hello{};    ///< EHLO
  std::string mail{};     ///< MAIL
  std::string rcpt{};     ///< RCPT
  std::string envelope{}; ///< MAIL, RCPT and DATA
  std::string body{};     ///< what follows the Message-ID, with the final dot
  std::string run{};      ///< makes the Message-IDs of this run its own
};

class LoadConnection;

/// Counts and hands out the messages of a load.
class LoadObserver {
 public:
  virtual ~LoadObserver() = default;
  /// A message may begin now: its number, and since when it has been due. False: not now.
  virtual bool take(std::uint64_t& number, std::chrono::steady_clock::time_point& due) = 0;
  virtual void delivered(std::chrono::steady_clock::time_point due) = 0;
  virtual void failed(const std::string& why) = 0;
  virtual void connected() = 0;
  virtual void sent(std::size_t bytes) = 0;
  /// The connection has nothing to do. Said once, until its begin() succeeds.
  virtual void idle(LoadConnection& connection) = 0;
};

class LoadConnection {
 public:
  enum class State : std::uint8_t {
    none,       ///< no socket
    connecting, ///< a message is waiting for the connection
    greeting,
    ehlo,
    waiting, ///< ready, and no message may begin yet
    mail,
    rcpt,
    data,
    message,
    rset,
    quit,
  };

  LoadConnection(const LoadPlan& plan, LoadObserver& ledger) : plan_(plan), ledger_(ledger) {}
  ~LoadConnection();
  LoadConnection(const LoadConnection&) = delete;
  LoadConnection& operator=(const LoadConnection&) = delete;

  State state() const { return state_; }
  bool idle() const { return state_ == State::none || state_ == State::waiting; }
  std::chrono::steady_clock::time_point last_heard() const { return last_heard_; }

  /// Takes a message if one may begin; false if none may.
  bool begin();
  void on_event(std::uint32_t events, std::chrono::steady_clock::time_point now);
  /// The server has been silent for too long.
  void time_out();
  /// No more messages will come: says QUIT if it waits.
  void finish();

 private:
  bool take();
  void open();
  void start_message();
  void on_readable();
  void on_reply(const ScannedReply& reply);
  void on_envelope_reply(const ScannedReply& reply);
  void on_data_reply(const ScannedReply& reply);
  void on_message_reply(const ScannedReply& reply);
  void next_message();
  void abandon_transaction();
  void quit();
  void send(std::string_view bytes);
  void send_content();
  void flush();
  void fail_message(const std::string& why);
  void fail_connection(const std::string& why);
  void drop();
  bool pipelines() const { return plan_.options.pipelined && pipelining_; }
  bool session_full() const;

  const LoadPlan& plan_;
  LoadObserver& ledger_;
  int socket_ = -1;
  State state_ = State::none;
  ReplyScanner scanner_;
  std::string output_;        ///< what the socket would not take, before the body
  std::size_t body_left_ = 0; ///< of the body's end, still to be written
  std::string after_body_;    ///< goes out with the body's end
  bool wants_write_ = false;
  bool pipelining_ = false;
  bool has_message_ = false;
  bool next_taken_ = false; ///< pipelined: the envelope behind the final dot is another message's
  unsigned envelope_replies_ = 0; ///< pipelined: replies still owed before DATA's
  std::string refusal_;           ///< pipelined: why the message has failed already
  std::uint64_t number_ = 0;
  std::uint64_t next_number_ = 0;
  std::chrono::steady_clock::time_point due_;
  std::chrono::steady_clock::time_point next_due_;
  std::chrono::steady_clock::time_point last_heard_;
  std::uint64_t messages_ = 0; ///< begun on this connection
};

} // namespace tempfail::client
