// Makes servers, and watches their leases.
#include "control/servers.hpp"

#include "control/refusal.hpp"
#include "net/loopback_addresses.hpp"
#include "net/name_server.hpp"
#include "scenario/hosts.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <system_error>

namespace tempfail::control {

namespace {

using Steady = std::chrono::steady_clock;

/// How long a session of a server that is deleted may take to close, real time.
constexpr auto drain = std::chrono::seconds(1);

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Throws Refusal for what makes no sense whatever the scenario is.
void check(const ServerRequest& request, const Limits& limits) {
  constexpr double fastest = 1e6;
  if (!(request.time_scale > 0 && request.time_scale <= fastest))
    throw Refusal(RefusalKind::invalid, "`time_scale` is not a valid time scale",
                  "a number above 0, at most 1000000");
  if (request.manual_clock && request.time_scale != 1)
    throw Refusal(RefusalKind::invalid, "a manual clock has no time scale");
  if (!request.tls_policy.empty() &&
      !is_one_of(request.tls_policy, {"none", "opportunistic", "required", "verified"}))
    throw Refusal(RefusalKind::invalid,
                  "`tls_policy` " + request.tls_policy + " is not a valid policy",
                  "none, opportunistic, required, verified");
  if (request.tls_policy == "none" && request.tls == TlsOverride::implicit)
    throw Refusal(RefusalKind::invalid, "`tls_policy` none and `tls` implicit can't be combined");
  if (!request.role.empty() && !is_one_of(request.role, {"queueing", "one-shot"}))
    throw Refusal(RefusalKind::invalid, "`role` " + request.role + " is not a valid role",
                  "queueing, one-shot");
  for (const std::string& word : request.without)
    if (!is_one_of(word, {"8bitmime", "auth", "dsn", "mx", "smtputf8"}))
      throw Refusal(RefusalKind::invalid, "`without` " + word + " is not known",
                    "8bitmime, auth, dsn, mx, smtputf8");
  if (request.queue_lifetime < Duration::zero() ||
      request.queue_lifetime > scenario::longest_duration)
    throw Refusal(RefusalKind::invalid, "`queue_lifetime` is not a valid duration", "36h, 5d");
  if (request.lease &&
      (*request.lease < std::chrono::seconds(1) || *request.lease > limits.longest_lease))
    throw Refusal(RefusalKind::invalid, "`lease` is not a valid lease",
                  "1s to " + scenario::to_string(limits.longest_lease));
}

/// A client is told an address and a port, or a name server, on this machine.
void check(const scenario::Scenario& scenario, const ServerRequest& request) {
  if (!request.names && scenario::needs_name_server(scenario))
    throw Refusal(RefusalKind::conflict,
                  "the scenario " + scenario.name +
                      " needs DNS names or several hosts, which a client that connects to a fixed "
                      "address and port can't reach",
                  "\"names\": true");
  if (request.names && scenario::needs_ipv6(scenario))
    throw Refusal(RefusalKind::conflict, "loopback has only one IPv6 address, and the hosts of " +
                                             scenario.name + " need more (tempfail lab has them)");
  if (scenario::needs_router(scenario))
    throw Refusal(RefusalKind::conflict,
                  "no server can make its host or its network unreachable, which " + scenario.name +
                      " is about (a router can: tempfail lab)");
  if (request.tls == TlsOverride::implicit && scenario::is_about_starttls(scenario.server))
    throw Refusal(RefusalKind::conflict, "the scenario " + scenario.name +
                                             " is about STARTTLS, which implicit TLS does not use");
}

/// What the servers of a request are told of the sender.
std::string told_policy(const ServerRequest& request) {
  const bool only_tls = request.tls == TlsOverride::implicit;
  if (only_tls && (request.tls_policy.empty() || request.tls_policy == "opportunistic"))
    return "required";
  return request.tls_policy;
}

/// First event of its journal.
void record_run(const ServerRequest& request, const net::Clock& clock, const std::string& version,
                journal::Recorder& recorder) {
  const std::string policy = told_policy(request);
  std::string without;
  for (const std::string& word :
       std::set<std::string>(request.without.begin(), request.without.end()))
    without += (without.empty() ? "" : " ") + word;
  journal::event::Run run;
  run.version = version;
  run.seed = request.seed;
  run.time_scale = clock.scale();
  run.started_unix_us = net::unix_microseconds();
  run.tls_policy = policy;
  run.role = request.role;
  run.without = without;
  run.scaled_timeouts = request.scaled_timeouts;
  run.queue_lifetime = request.queue_lifetime;
  recorder.record({Moment{}, 0, 0, run});
  recorder.flush();
}

/// What a server that was made here is made of, in the order in which it is built.
struct Owned {
  std::unique_ptr<net::Clock> clock;
  net::ManualClock* manual = nullptr; ///< clock, when it is moved by hand
  std::unique_ptr<MemoryJournal> journal;
  std::unique_ptr<net::NameServer> names; ///< null: there is none
  std::unique_ptr<net::Server> server;
};

bool is_taken(const std::system_error& error) {
  return error.code().value() == EADDRINUSE;
}

} // namespace

struct Servers::Impl : std::enable_shared_from_this<Servers::Impl> {
  Impl(const ControlContext& the_surroundings, Scenarios& the_scenarios,
       net::ServerSettings the_base, std::optional<PortRange> the_ports)
      : surroundings(the_surroundings), scenarios(the_scenarios), base(std::move(the_base)),
        ports(the_ports), next_port(the_ports ? the_ports->first : std::uint16_t{0}),
        lease_timer(the_surroundings.loop) {
    base.drain = drain;
    base.limits.keep_messages = true;
    base.limits.look_for_marks = true;
  }

  net::ServerSettings settings_of(const ServerRequest& request) const {
    net::ServerSettings settings = base;
    settings.seed = request.seed;
    settings.offer_starttls = request.tls == TlsOverride::starttls;
    settings.implicit_tls = request.tls == TlsOverride::implicit;
    settings.offer_auth = request.auth;
    return settings;
  }

  std::shared_ptr<Owned> make(const ServerRequest& request) const {
    auto made = std::make_shared<Owned>();
    if (request.manual_clock) {
      auto manual = net::make_manual_clock();
      made->manual = manual.get();
      made->clock = std::move(manual);
    } else {
      made->clock = net::make_scaled_clock(surroundings.loop, request.time_scale);
    }
    made->journal = std::make_unique<MemoryJournal>(surroundings.limits.journal);
    record_run(request, *made->clock, surroundings.version, *made->journal);
    Owned* const owned = made.get();
    made->server = std::make_unique<net::Server>(
        surroundings.loop, *made->clock, *made->journal, settings_of(request),
        [owned](const std::string& message) { // of a journal that says all there is to know
          owned->journal->record({owned->clock->now(), 0, 0, journal::event::Note{message}});
        });
    return made;
  }

  /// The next of the range; 0 where there is none, and the system chooses.
  std::uint16_t take_port() {
    if (!ports) return 0;
    const std::uint16_t port = next_port;
    next_port = port == ports->second ? ports->first : static_cast<std::uint16_t>(port + 1);
    return port;
  }

  /// Calls `attempt` until it finds its ports free.
  template <typename Attempt>
  auto with_free_ports(Attempt attempt) {
    // Without a range a port may still be taken between the question whether it is free and the answer.
    constexpr std::uint32_t enough = 16;
    const std::uint32_t most = ports ? ports->second - ports->first + 1U : enough;
    try {
      for (std::uint32_t i = 0; i < most; ++i) {
        try {
          return attempt();
        } catch (const std::system_error& error) {
          if (!is_taken(error)) throw;
        }
      }
    } catch (const std::system_error& error) {
      throw Refusal(RefusalKind::full, "no port is available: " + error.code().message());
    }
    if (!ports) throw Refusal(RefusalKind::full, "no port is available");
    throw Refusal(RefusalKind::full, "no port from " + std::to_string(ports->first) + " to " +
                                         std::to_string(ports->second) + " is free");
  }

  /// A server that listens, and what it serves.
  ManagedServerParts open(const ServerRequest& request, const scenario::ScenarioPtr& scenario) {
    std::shared_ptr<Owned> made = make(request);
    ManagedServerParts parts{
        *made->server, *made->clock, made->manual, *made->journal, request.seed, {}, {}};
    parts.served.push_back(
        {scenario, with_free_ports([&] { return made->server->serve(scenario, take_port()); })});
    parts.owned = std::move(made);
    return parts;
  }

  /// The same with a name server. Each host has a loopback address of its own, and all have the same port.
  ManagedServerParts open_named(const ServerRequest& request,
                                const scenario::ScenarioPtr& scenario) {
    return with_free_ports([&] {
      std::shared_ptr<Owned> made = make(request);
      made->names =
          std::make_unique<net::NameServer>(surroundings.loop, base.bind_address, take_port());
      made->names->set_host(base.sender_host, base.bind_address); // the sender is on this machine
      Owned* const owned = made.get();
      made->names->record_unknown_names(*made->clock, [owned](const journal::Event& event) {
        owned->journal->record(event);
        owned->journal->flush();
      });
      ManagedServerParts parts{
          *made->server, *made->clock, made->manual, *made->journal, request.seed, {}, {}};
      // Ports differ, so that it does no harm where two have the same addresses.
      const std::size_t place = named++ % net::max_loopback_scenarios + 1;
      for (net::Endpoint& endpoint : made->server->serve_named(
               scenario, net::loopback_addresses(*scenario, place), take_port(), *made->names))
        parts.served.push_back({scenario, std::move(endpoint)});
      parts.names = made->names.get();
      parts.owned = std::move(made);
      return parts;
    });
  }

  ManagedServerPtr create(const ServerRequest& request) {
    check(request, surroundings.limits);
    const scenario::ScenarioPtr scenario = scenarios.find(request.scenario);
    check(*scenario, request);
    if (servers.size() - adopted >= surroundings.limits.servers)
      throw Refusal(RefusalKind::full, "there are " + std::to_string(servers.size() - adopted) +
                                           " servers already, which is the limit");
    if (closing_down) throw Refusal(RefusalKind::full, "the program is stopping");
    if (request.names && base.bind_address != net::ServerSettings().bind_address)
      throw Refusal(RefusalKind::conflict,
                    "names lead to addresses of loopback, and this program listens "
                    "on " +
                        base.bind_address);
    ManagedServerParts parts =
        request.names ? open_named(request, scenario) : open(request, scenario);
    parts.offers_auth = request.auth;
    auto server = std::make_shared<ManagedServer>(
        std::to_string(++totals.created), std::move(parts), surroundings,
        request.lease.value_or(surroundings.limits.lease));
    servers.emplace(totals.created, server);
    if (const auto end = end_of(*server); !armed_for || end < *armed_for) {
      armed_for = end;
      arm();
    }
    return server;
  }

  auto place_of(const std::string& id) {
    const auto found = std::find_if(servers.begin(), servers.end(),
                                    [&](const auto& one) { return one.second->id() == id; });
    if (found == servers.end()) throw Refusal(RefusalKind::unknown, "there is no server " + id);
    return found;
  }

  void close(std::map<std::uint64_t, ManagedServerPtr>::iterator place) {
    const ManagedServerPtr server = place->second;
    servers.erase(place);
    closing.insert(server);
    // What the server calls back must not keep its own owner.
    server->close([self = weak_from_this(), weak = std::weak_ptr(server)] {
      const auto impl = self.lock();
      const auto closed = weak.lock();
      if (!impl || !closed) return;
      impl->add_totals(*closed, impl->totals);
      impl->closing.erase(closed);
      if (impl->closing.empty() && impl->on_all_closed) std::exchange(impl->on_all_closed, {})();
    });
  }

  static void add_totals(const ManagedServer& server, ServersTotals& to) {
    const ServerView view = server.view();
    to.net.open_sessions += view.totals.open_sessions;
    to.net.connections += view.totals.connections;
    to.net.messages_accepted += view.totals.messages_accepted;
    to.journal_events += view.journal_position;
    to.journal_lost += view.journal_lost;
  }

  /// The timer goes off when the first lease runs out, by what is known now; who is named meanwhile has a later end.
  void watch_leases() {
    armed_for.reset();
    for (const auto& [number, server] : servers)
      if (server->is_leased())
        armed_for = std::min(armed_for.value_or(Steady::time_point::max()), end_of(*server));
    if (armed_for) arm();
  }

  /// Somebody waits for it: it is looked at again a little later.
  static Steady::time_point end_of(const ManagedServer& server) {
    return server.expires().value_or(Steady::now() + std::chrono::seconds(1));
  }

  void arm() {
    lease_timer.expires_at(*armed_for);
    lease_timer.async_wait([self = weak_from_this()](boost::system::error_code error) {
      const auto impl = self.lock();
      if (error || !impl || impl->closing_down) return;
      impl->close_expired();
      impl->watch_leases();
    });
  }

  void close_expired() {
    const auto now = Steady::now();
    for (auto it = servers.begin(); it != servers.end();) {
      const auto place = it++;
      const auto end = place->second->expires();
      if (!end || *end > now) continue;
      ++totals.expired;
      close(place);
    }
  }

  const ControlContext& surroundings;
  Scenarios& scenarios;
  net::ServerSettings base;
  std::optional<PortRange> ports;
  std::uint16_t next_port;
  boost::asio::steady_timer lease_timer;
  std::map<std::uint64_t, ManagedServerPtr> servers; ///< in the order in which they were made
  std::size_t adopted = 0;
  std::size_t named = 0; ///< servers that were made with names
  std::set<ManagedServerPtr> closing;
  std::function<void()> on_all_closed;
  ServersTotals totals;                        ///< of those that are gone
  std::optional<Steady::time_point> armed_for; ///< when lease_timer goes off
  bool closing_down = false;
};

Servers::Servers(const ControlContext& surroundings, Scenarios& scenarios, net::ServerSettings base,
                 std::optional<PortRange> ports)
    : impl_(std::make_shared<Impl>(surroundings, scenarios, std::move(base), ports)) {}

Servers::~Servers() {
  impl_->lease_timer.cancel();
}

ManagedServerPtr Servers::create(const ServerRequest& request) {
  return impl_->create(request);
}

void Servers::adopt(ManagedServerPtr server) {
  impl_->servers.emplace(0, std::move(server));
  impl_->adopted = 1;
}

ManagedServerPtr Servers::find(const std::string& id) {
  ManagedServerPtr found = impl_->place_of(id)->second;
  found->renew();
  return found;
}

std::vector<ManagedServerPtr> Servers::all() const {
  std::vector<ManagedServerPtr> list;
  for (const auto& [number, server] : impl_->servers)
    list.push_back(server);
  return list;
}

void Servers::remove(const std::string& id) {
  const auto place = impl_->place_of(id);
  if (!place->second->is_leased())
    throw Refusal(RefusalKind::conflict, "server " + id + " exists as long as the program runs");
  ++impl_->totals.deleted;
  impl_->close(place);
}

void Servers::close(std::function<void()> done) {
  impl_->closing_down = true;
  impl_->lease_timer.cancel();
  impl_->on_all_closed = std::move(done);
  for (auto it = impl_->servers.begin(); it != impl_->servers.end();) {
    const auto place = it++;
    if (place->second->is_leased()) impl_->close(place);
  }
  if (!impl_->closing.empty() || !impl_->on_all_closed) return;
  boost::asio::post(impl_->surroundings.loop, std::exchange(impl_->on_all_closed, nullptr));
}

ServersTotals Servers::totals() const {
  ServersTotals all = impl_->totals;
  for (const auto& [number, server] : impl_->servers)
    Impl::add_totals(*server, all);
  return all;
}

} // namespace tempfail::control
