// SMTP servers that fail on purpose, and a judge of the senders that meet them, in the process of a test.
//
//   tempfail::Server server{"disk-full"};      // own server, free port, clock stands still
//   ...                                        // send to server.address()
//   server.advance(1h);
//   ...                                        // send again
//   CHECK(server.judge().passed);              // the judge; its findings and the dialogue are the verdict's text
//
// All servers of a process run on one thread of their own, which ends with the last of them. Their functions may be
// called from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tempfail {

/// What can go wrong here.
class Error : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    other,
    refused,     ///< what was asked for can't be: no such scenario, no valid option
    not_in_time, ///< what was waited for did not happen
  };
  Error(Kind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

/// Of a server. What is empty is not declared.
struct Options {
  bool manual_clock = true; ///< it stands still until advance()
  double time_scale = 1;    ///< of a clock that runs: seconds of protocol time in a real second
  std::uint64_t seed = 1;
  std::string role; ///< "queueing", "one-shot"
  std::string
      tls; ///< "starttls": it is offered, whatever the scenario says; "implicit": from the first byte
  std::string tls_policy; ///< "none", "opportunistic", "required", "verified"
  bool auth = false;      ///< AUTH is offered, whatever the scenario says
  std::vector<std::string>
      without; ///< what the sender does not claim to do: "8bitmime", "auth", "dsn", "mx", "smtputf8"
  std::chrono::seconds queue_lifetime{};
};

/// One try at one message for one recipient.
struct Try {
  std::string recipient;
  std::string sender;
  std::string result; ///< "accepted", "transient", "permanent", "trouble", "abandoned"
  int code = 0;       ///< of the reply that decided; 0: none
  std::string reply;
  std::chrono::microseconds begin{}; ///< protocol time
  std::chrono::microseconds end{};
};

/// A message that was accepted.
struct Accepted {
  std::string id;
  std::string sender;
  std::vector<std::string> recipients;
  std::string content; ///< lines end with CR LF

  /// The first field of this name, unfolded; nothing: there is none.
  std::optional<std::string> header(const std::string& name) const;
};

/// What became of a message, as its sender says.
struct Outcome {
  std::string
      result; ///< "delivered", "temporary", "permanent", "failed" (of which kind is not told), "unknown"
  int code = 0;          ///< of the reply that decided; 0: none
  std::string status;    ///< "5.1.1"
  std::string recipient; ///< empty: all that no other names
};

/// What the judge says.
struct Verdict {
  bool passed = false; ///< it says "ok"
  std::string answer; ///< "ok", "ok-but", "fail", "undecided", "not-met", "not-applicable", "error"
  std::string why;
  bool guessed = false;              ///< nothing was handed over (expect)
  std::vector<std::string> failures; ///< the rules that were broken
  std::string text;                  ///< its findings and the dialogue, for people
};

/// What a sender is to be given.
struct Task {
  std::string sender;
  std::vector<std::string> recipients;
  std::vector<std::string> parameters; ///< of ESMTP
  std::string content;                 ///< lines end with CR LF
  std::string user;                    ///< to log in with; empty: the server asks for no name
  std::string password;
};

/// One server for one test. Its functions throw Error.
class Server {
 public:
  explicit Server(const std::string& scenario, const Options& options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::string& scenario() const;
  const std::string& host() const;
  std::uint16_t port() const;
  std::string address() const; ///< "127.0.0.1:2525"
  std::string ca() const;      ///< certificate authority to trust, PEM; empty: no TLS

  /// Moves the clock. What that sets off has been sent when it returns.
  void advance(std::chrono::microseconds by);
  /// Puts the scenario back to how it was before its first contact.
  void reset();
  /// Stops or starts the queue of a scenario that has one.
  void set_queue(bool runs);

  /// The messages accepted so far; with a count: once there are so many.
  std::vector<Accepted> accepted(std::size_t count = 0,
                                 std::chrono::milliseconds wait = std::chrono::seconds(10)) const;
  /// The tries that are over; with a count: once there are so many.
  std::vector<Try> tries(std::size_t count = 0,
                         std::chrono::milliseconds wait = std::chrono::seconds(10)) const;
  /// What was said so far, for people.
  std::string dialogue() const;

  /// Says what the sender is about to be given, so that the judge need not guess; an empty message: what is not known.
  /// The id of the hand-over.
  std::string expect(const std::string& sender, const std::vector<std::string>& recipients,
                     const std::string& message = {});
  /// Hands over the message that the scenario asks for.
  Task compose();
  /// What the sender told its caller of the only hand-over.
  void report(const Outcome& outcome);
  /// Asks the judge.
  Verdict judge() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Names of the scenarios ("permanent/no-such-user") that match: families, names or globs. What goes wrong in names,
/// several hosts or a router is left out. Throws Error where nothing matches one.
std::vector<std::string> scenarios(const std::vector<std::string>& patterns);

} // namespace tempfail
