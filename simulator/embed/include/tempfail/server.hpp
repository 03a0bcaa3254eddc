// SMTP servers that fail on purpose, and a judge of the senders that meet them, in the process of a test.
//
//   tempfail::Server server{"disk-full"};      // own server, free port, clock stands still
//   ...                                        // send to server.address()
//   server.advance(1h);
//   ...                                        // send again
//   CHECK(server.judge().passed);              // the verdict's text has its findings and the dialogue
//
// All servers of a process run on a separate thread, which ends with the last of them. Their functions may be called
// from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tempfail {

/// The errors of this package.
class Error : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    other,
    refused,     ///< the request is not possible: no such scenario, an invalid option
    not_in_time, ///< the awaited event did not happen in time
  };
  Error(Kind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

/// Options of a server. Empty ones are not declared.
struct Options {
  bool manual_clock = true; ///< it stands still until advance()
  double time_scale = 1;    ///< of a real clock: seconds of protocol time in a real second
  std::uint64_t seed = 1;
  std::string role; ///< "queueing", "one-shot"
  std::string tls;  ///< "starttls": offered in every scenario; "implicit": from the first byte
  std::string tls_policy; ///< "none", "opportunistic", "required", "verified"
  bool auth = false;      ///< AUTH is offered in every scenario
  std::vector<std::string>
      without; ///< unsupported features of the sender: "8bitmime", "auth", "dsn", "mx", "smtputf8"
  std::chrono::seconds queue_lifetime{};
};

/// One try at one message for one recipient.
struct Try {
  std::string recipient;
  std::string sender;
  std::string result; ///< "accepted", "transient", "permanent", "trouble", "abandoned"
  int code = 0;       ///< of the deciding reply; 0: none
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

/// The result of a message, as its sender reports it.
struct Outcome {
  std::string
      result; ///< "delivered", "temporary", "permanent", "failed" (temporary or permanent is unknown), "unknown"
  int code = 0;          ///< of the deciding reply; 0: none
  std::string status;    ///< "5.1.1"
  std::string recipient; ///< empty: all that no other outcome names
};

/// The judge's answer.
struct Verdict {
  bool passed = false; ///< the answer is "ok"
  std::string answer; ///< "ok", "ok-but", "fail", "undecided", "not-met", "not-applicable", "error"
  std::string why;
  bool guessed = false;              ///< there is no record of a handover (expect)
  std::vector<std::string> failures; ///< the rules that were broken
  std::string text;                  ///< the findings and the dialogue, for people
};

/// The message to give to a sender.
struct Task {
  std::string sender;
  std::vector<std::string> recipients;
  std::vector<std::string> parameters; ///< of ESMTP
  std::string content;                 ///< lines end with CR LF
  std::string user;                    ///< user name for AUTH; empty: the server requires none
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

  /// Moves the clock. All output that this causes has been sent when it returns.
  void advance(std::chrono::microseconds by);
  /// Resets the scenario to its state before the first contact.
  void reset();
  /// Stops or starts the queue of a scenario that has one.
  void set_queue(bool runs);

  /// The accepted messages; with a count it waits for that many.
  std::vector<Accepted> accepted(std::size_t count = 0,
                                 std::chrono::milliseconds wait = std::chrono::seconds(10)) const;
  /// The finished tries; with a count it waits for that many.
  std::vector<Try> tries(std::size_t count = 0,
                         std::chrono::milliseconds wait = std::chrono::seconds(10)) const;
  /// The dialogue so far, for people.
  std::string dialogue() const;

  /// Records the handover to the sender, so that the judge need not guess; empty: the message is unknown.
  /// It returns the handover's id.
  std::string expect(const std::string& sender, const std::vector<std::string>& recipients,
                     const std::string& message = {});
  /// Records a handover of the message that the scenario asks for.
  Task compose();
  /// Records the sender's report about the only handover.
  void report(const Outcome& outcome);
  /// Gets the verdict.
  Verdict judge() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Names of the scenarios ("permanent/no-such-user") that match: families, names or globs. Scenarios about names,
/// several hosts or a router are left out. Throws Error if a pattern matches nothing.
std::vector<std::string> scenarios(const std::vector<std::string>& patterns);

} // namespace tempfail
