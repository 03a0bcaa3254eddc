// Runs scenarios on sockets: listeners, connections, TLS, one journal. One thread, one io_context.
#pragma once

#include "journal/recorder.hpp"
#include "net/clock.hpp"
#include "scenario/mix.hpp"
#include "scenario/model.hpp"
#include "session/session.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace tempfail::journal {
class Receipts;
}

namespace tempfail::state {
class Stores;
}

namespace tempfail::net {

struct Identity;

/// Whose the ports are.
enum class PortSharing : std::uint8_t {
  exclusive,
  first_of_sharers, ///< other processes will listen on them, too
  shared,           ///< other processes do
};

/// How the servers run; defaults here and nowhere else.
struct ServerSettings {
  std::string bind_address = "127.0.0.1";
  session::MakeSession make_session = session::make_session; ///< of each connection
  session::Limits
      limits; ///< `idle` is real time here: the server multiplies it by the clock's scale
  std::size_t kept_input = 64 << 10; ///< bytes of a waiting session's input that are read ahead
  Duration drain =
      std::chrono::seconds(10); ///< REAL time: how long a close waits for the client's own
  bool offer_starttls = false;  ///< in every scenario that says nothing of TLS
  bool implicit_tls = false; ///< from the first byte, in every scenario that is not about STARTTLS
  bool offer_auth = false;   ///< in every scenario that says nothing of AUTH; everybody is let in
  bool close_notify = true;  ///< no: TLS ends without it in every scenario
  bool waits_for_keys =
      true; ///< TLS is ready as soon as a port is; else slow keys are waited for at their first use
  std::string tls_directory; ///< where the made CA and certificates are written; empty: nowhere
  std::shared_ptr<const Identity>
      certificate_authority; ///< signs all certificates; null: one that is made
  PortSharing ports = PortSharing::exclusive;
  std::uint64_t seed = 0;
  /// Where the scenarios' states are; null: in memory. Outlives the server.
  state::Stores* stores = nullptr;
  /// Of a journal that another machine keeps: no client sees an acceptance, or the end of its connection, before that
  /// is kept. Null: it is once it is flushed. Outlives the server.
  journal::Receipts* receipts = nullptr;
  /// Descriptor of the network namespace that all sockets are in; -1: the process's own.
  int network_namespace = -1;
  std::string sender_host =
      std::string(scenario::default_sender_host); ///< name of the sender's own host
  std::string
      return_address; ///< the sender's own server, for mail that goes back to it; empty: unknown
  std::uint16_t return_port = 0;
  /// Makes this address answer connection attempts so, where a router has to say it; nothing: nobody can.
  std::function<void(const std::string& address, scenario::ListenAnswer answer)> set_unreachable;
};

/// How a scenario's server speaks TLS under these settings.
scenario::TlsMode tls_mode_for(const scenario::Server& server, const ServerSettings& settings);

/// One scenario on one listening socket.
struct Endpoint {
  std::string scenario; ///< name; "*" for the shared port
  std::string address;
  std::uint16_t port = 0;
  bool implicit_tls = false;
  std::string host; ///< its name, where names lead to it; else empty
};

/// Where one host of a scenario is to listen. All its addresses have the same ports.
struct HostListenAddresses {
  std::vector<std::string> ipv4;
  std::vector<std::string> ipv6;
  std::vector<std::uint16_t> ports; ///< empty: the one that all hosts of the scenario have

  std::vector<std::string> all() const;
};

class MixRouter;
class NameServer;

/// Numbers for the summary at the end.
struct TrafficTotals {
  std::uint64_t connections = 0;
  std::uint64_t messages_accepted = 0;
  std::uint64_t open_sessions = 0;
};

/// A set of scenarios being served.
class Server {
 public:
  /// `recorder` and `clock` outlive the server. `tell_user` gets one-line messages for the user
  /// ("too many open files: accepting is paused").
  Server(boost::asio::io_context& context, Clock& clock, journal::Recorder& recorder,
         ServerSettings settings, std::function<void(const std::string&)> tell_user);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Starts to serve `scenario` on `port` (0: the system chooses). Throws std::system_error
  /// (address in use, permission) with nothing started.
  Endpoint serve(scenario::ScenarioPtr scenario, std::uint16_t port);
  /// Starts to serve each host of `scenario` (scenario::hosts_of) at its place, on `port` (0: the system chooses one
  /// for all) where that names none, and the names that lead to them by `names`, until this server stops. Throws
  /// std::system_error, and std::invalid_argument for names that `names` can't serve.
  std::vector<Endpoint> serve_named(const scenario::ScenarioPtr& scenario,
                                    const std::vector<HostListenAddresses>& places,
                                    std::uint16_t port, NameServer& names);
  /// Starts to serve one host more, called `name`, as one of the scenario's that nothing is wrong with, whatever the
  /// scenario is about. Throws std::system_error.
  std::vector<Endpoint> serve_extra_host(const scenario::ScenarioPtr& scenario,
                                         const std::string& name, const HostListenAddresses& place);
  /// The same on an address that is not the settings' own. Again with another port: one more way to the same server.
  Endpoint serve(scenario::ScenarioPtr scenario, const std::string& address, std::uint16_t port);
  /// The shared port: the recipient chooses among all scenarios served, or among `all`.
  Endpoint serve_shared_port(const std::vector<scenario::ScenarioPtr>& all, std::uint16_t port);

  /// The port of a mix, once: the recipient's domain and address choose among its scenarios, each with a state
  /// of its own for each domain. Throws std::system_error.
  Endpoint serve_mix(const scenario::MixPtr& mix, std::uint16_t port);
  /// Has that port choose by this mix from here on. Transactions under way keep their scenario, and states stay. Throws
  /// std::invalid_argument where the port can't show the mix, std::length_error after too many changes; nothing is
  /// changed then.
  void change_mix(const scenario::MixPtr& mix);
  /// What the mix chooses by, and what it has counted; null: none is served.
  const MixRouter* mix() const;

  /// The states of a served scenario, for control calls: one for each of its hosts, or for each domain of a mix.
  std::vector<state::ServerState*> states(std::string_view scenario_name);

  /// The number of a served scenario in the journal, of its first host where there are several; 0: it is not served.
  std::uint32_t number(std::string_view scenario_name) const;

  /// Puts a scenario back to how it was before its first contact, its port to how it was at the start. Throws
  /// state::StoreLost.
  void reset_state(std::string_view scenario_name);

  /// A SYN to this address and port was refused, as somebody has seen who can see that; it is counted in the journal
  /// where the port does not always accept.
  void count_refused(std::string_view address, std::uint16_t port);

  /// Open sessions of a scenario ("" for all).
  std::uint64_t open_sessions(std::string_view scenario_name) const;
  /// Called with each message that was accepted, once its acceptance is recorded and before its reply leaves; with
  /// session::Limits::keep_messages only.
  void on_accepted(std::function<void(session::AcceptedMail)> callback);
  /// Handles all that clients have sent up to now, new connections too, before it returns; not from a callback of this
  /// server. Bounded: a client that goes on and on is not waited for.
  void catch_up();
  /// Says something in the journal that is about no session.
  void note(const std::string& text);
  /// Called each time events were flushed to the recorder.
  void on_activity(std::function<void()> callback);

  /// Stops accepting, says 421 to every session, closes; `done` is called when all are gone or
  /// after the drain time, when the rest are reset.
  void stop(std::function<void()> done);

  TrafficTotals totals() const;
  /// The certificate of the authority that signs all certificates of this server, as PEM; empty: no TLS so far.
  std::string certificate_authority_pem() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace tempfail::net
