// What all connections of a server share: the poller, the clock, the journal and its group commit,
// the one read buffer, the lists of who is there.
#pragma once

#include "net/clock.hpp"
#include "net/poller.hpp"
#include "net/server.hpp"
#include "net/tls_server.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/intrusive/list.hpp>

namespace tempfail::net {

class Connection;

/// One endpoint as its connections see it.
struct ServedPort {
  scenario::ScenarioPtr scenario;
  std::uint32_t number = 0; ///< in the journal
  session::PreparedScenarioPtr prepared;
  state::ServerState* state = nullptr;
  session::RecipientRouter* router = nullptr; ///< the shared port only
  Endpoint endpoint;
  std::vector<std::string> other_addresses; ///< of the same host, each with a port of its own
  std::uint64_t open_sessions = 0;
  std::unique_ptr<TlsServer> tls; ///< null: no TLS
};

/// Links of the list a connection is in: running or draining.
using ConnectionHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

class ServerContext {
 public:
  using TellUser = std::function<void(const std::string&)>;

  ServerContext(boost::asio::io_context& context, Clock& clock, journal::Recorder& recorder,
                ServerSettings settings, TellUser tell_user);
  ~ServerContext();
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  // --- Journal and group commit.

  /// Encodes an event at once. An acceptance and an end are written before anything of this batch is sent,
  /// the others at the latest when the server is idle for a moment.
  void record(const journal::Event& event);
  void note(std::uint64_t session, std::uint32_t server, std::string_view text);
  /// A server listens: from here on its number stands in events. Said once for each number.
  void opened(const ServedPort& port);
  /// None of them is left: the last that is recorded of each.
  void record_closed();
  /// `connection` has something to do once the journal is written.
  void await_commit(Connection& connection);
  /// Writes what must be written, then lets the touched connections send, until none is left.
  void commit();
  /// Called in `connection`'s commit(): it sends nothing before the journal is kept, and then hears of that by
  /// Connection::journal_kept().
  void await_journal(Connection& connection) { awaiting_.push_back(&connection); }
  /// `connection` does not wait for that any more.
  void forget(Connection& connection);

  // --- Output of the batch, in one buffer: [begin, end) belongs to a connection until its
  // commit().

  std::string& batch() { return batch_; }

  // --- Connections.

  /// Takes the socket over. Throws when it can't be served; the socket is closed then.
  void take_connection(ServedPort& port, int fd, session::Peer peer);
  /// The session is over; the socket lives on until the client closes too, or ServerSettings::drain is
  /// up.
  void begin_drain(Connection& connection);
  /// The socket is closed: the connection is destroyed at the end of the batch.
  void retire(Connection& connection);
  /// Says 421 to all; `done` is called when none is left.
  void shut_down(std::function<void()> done);
  /// Resets whoever is left.
  void reset_all();

  // --- What they share.

  Poller poller;
  Clock& clock;
  const ServerSettings settings;
  const TellUser tell_user;
  session::Effects effects;      ///< of the call under way
  std::vector<char> read_buffer; ///< empty before the first connection
  std::string peek_buffer;       ///< for a look at what stays unread
  TrafficTotals totals;
  std::function<void()> on_activity;
  std::function<void(session::AcceptedMail)> on_forward;
  std::function<void(session::AcceptedMail)> on_accepted;
  std::function<void()> on_descriptors_out; ///< a listener had to pause
  std::function<void()> on_descriptor_freed;
  /// Signs all certificates of this server; made, and written out with a good certificate, at its first use.
  const Identity& certificate_authority();
  /// That authority, as PEM; empty: it was not needed so far.
  std::string certificate_authority_pem() const;
  /// What a certificate is made out to: the scenario's host name, and what a client here may call it.
  static std::vector<std::string> tls_names(const std::string& hostname,
                                            const std::string& address);

 private:
  using Connections =
      boost::intrusive::list<Connection, boost::intrusive::base_hook<ConnectionHook>,
                             boost::intrusive::constant_time_size<false>>;
  struct Timers;
  /// Connections that wait for the same; null: one that has gone.
  using Awaiting = std::vector<Connection*>;

  void flush();
  void ask_for_receipt();
  void arm_drain_timer();
  void drain_timer_fired();
  void destroy_retired();

  boost::asio::io_context& context_;
  journal::Recorder& recorder_;
  bool unflushed_ = false; ///< the recorder has events that are not written
  bool urgent_ = false;    ///< ... and one of them must be, before replies leave
  std::string batch_;
  std::vector<Connection*> touched_;
  std::vector<Connection*> committing_;
  Awaiting awaiting_;               ///< since the last flush
  std::list<Awaiting> unreceipted_; ///< since those before it
  std::vector<std::unique_ptr<Connection>> retired_;
  Connections running_;
  Connections draining_; ///< in the order of their deadlines
  std::unique_ptr<Timers> timers_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::function<void()> done_;
  std::shared_ptr<const Identity> certificate_authority_;
  std::set<std::uint32_t> opened_; ///< numbers of servers that the journal knows
};

} // namespace tempfail::net
