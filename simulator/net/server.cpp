// Scenarios on sockets: which there are, and where they listen.
#include "net/server.hpp"

#include "net/forwarder.hpp"
#include "net/free_port.hpp"
#include "net/listener.hpp"
#include "net/mix_router.hpp"
#include "net/name_server.hpp"
#include "net/scenario_name_router.hpp"
#include "net/served_scenario.hpp"
#include "net/server_context.hpp"
#include "scenario/hosts.hpp"
#include "scenario/read_server.hpp"
#include "session/prepared_scenario.hpp"
#include "state/server_state.hpp"
#include "state/stores.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

namespace tempfail::net {

namespace {

/// How often a paused listener tries again when the descriptors it lacks are not ours to free.
constexpr auto retry_accept = std::chrono::milliseconds(200);
/// Programs, and states, that changes of a mix may leave behind: each is kept, as its key may come back.
constexpr std::size_t max_programs = 20'000;

/// A client's pauses are real time: at ten times the speed it may be silent ten times as long.
ServerSettings with_scaled_idle(ServerSettings settings, double scale) {
  if (scale > 1)
    settings.limits.idle = std::chrono::duration_cast<Duration>(settings.limits.idle * scale);
  return settings;
}

/// Whether this key of states and programs is one of the scenario's.
bool is_of(std::string_view key, std::string_view scenario) {
  return key.substr(0, key.find('/')) == scenario;
}

} // namespace

struct Server::Impl {
  Impl(boost::asio::io_context& context, Clock& clock, journal::Recorder& recorder,
       ServerSettings settings, std::function<void(const std::string&)> tell_user)
      : shared(context, clock, recorder, with_scaled_idle(std::move(settings), clock.scale()),
               std::move(tell_user)),
        forwarder(context, shared, {shared.settings.return_address, shared.settings.return_port}),
        retry(context) {
    shared.on_forward = [this](session::AcceptedMail mail) { forwarder.take(std::move(mail)); };
    shared.on_descriptors_out = [this] { descriptors_out(); };
    shared.on_descriptor_freed = [this] {
      if (any_paused && !std::exchange(resuming, true)) resume_after(std::chrono::milliseconds(0));
    };
  }

  std::unique_ptr<state::ServerState> make_state(const scenario::ScenarioPtr& scenario,
                                                 const std::string& key) const {
    const std::uint64_t seed = shared.settings.seed;
    state::Stores* const stores = shared.settings.stores;
    if (stores == nullptr) return std::make_unique<state::ServerState>(scenario, seed);
    return std::make_unique<state::ServerState>(scenario, seed, stores->open(scenario, key));
  }

  /// What a host of a scenario is served with: one each, whether it has its own port, is on the shared one, or
  /// both. `key`: the scenario's name, and behind a slash the host's where there are several.
  session::RecipientRouter::Target target_of(const scenario::ScenarioPtr& scenario,
                                             const std::string& key) {
    auto& state = states[key];
    if (!state) state = make_state(scenario, key);
    auto& prepared = prepared_scenarios[key];
    if (!prepared)
      prepared = session::prepare_scenario(scenario, shared.settings.limits, ++servers);
    return {prepared, state.get()};
  }

  /// The same of one that recipients choose. It has no port of its own, or is known by it already.
  session::RecipientRouter::Target chosen_target(const scenario::ScenarioPtr& scenario,
                                                 const std::string& key) {
    session::RecipientRouter::Target target = target_of(scenario, key);
    ServedPort by_name;
    by_name.scenario = scenario;
    by_name.number = target.prepared->number();
    shared.opened(by_name);
    return target;
  }

  /// The same for one domain of a mix. A scenario that has changed since starts with a state of its own.
  session::RecipientRouter::Target mix_target(const scenario::ScenarioPtr& scenario,
                                              const std::string& pattern) {
    const std::string first = scenario->name + "/" + pattern;
    std::string key = first;
    for (unsigned number = 2;; ++number) {
      const auto found = prepared_scenarios.find(key);
      if (found == prepared_scenarios.end() || found->second->scenario().text == scenario->text)
        break;
      key = first + "/" + std::to_string(number);
    }
    return chosen_target(scenario, key);
  }

  /// Throws where the port of the mix can't show this one.
  void check_mix(const scenario::Mix& wanted) const {
    std::size_t shares = prepared_scenarios.size();
    for (const scenario::MixDomain& domain : wanted.domains)
      shares += domain.shares.size();
    if (shares > max_programs)
      throw std::length_error("the mix has changed too often: more scenarios and domains than " +
                              std::to_string(max_programs) + " in all");
    if (mix_port_has_tls) return;
    for (const scenario::ScenarioPtr& one : scenario::scenarios_of(wanted))
      if (one->server.tls != scenario::TlsMode::none)
        throw std::invalid_argument("the scenario " + one->name +
                                    " needs STARTTLS, which the port of the mix does not offer");
  }

  /// Where the host of a scenario forwards what it accepts, once it is served.
  void set_forwarding(const scenario::ScenarioPtr& scenario) {
    if (!scenario->server.forward || !forwarding.insert(scenario->name).second) return;
    if (*scenario->server.forward == scenario::ForwardTo::sender) {
      forwarder.set_destination(scenario->name, "sender",
                                {shared.settings.return_address, shared.settings.return_port});
      return;
    }
    // Two hosts of this program's own, which only it can reach, and which do nothing but pass on.
    const MailTarget first = open_host(*scenario, "first");
    const MailTarget second = open_host(*scenario, "second");
    forwarder.set_destination(scenario->name, "next-host", second);
    forwarder.set_destination(host_name(*scenario, "second"), "next-host", first);
    forwarder.set_destination(host_name(*scenario, "first"), "next-host", second);
  }
  static std::string host_name(const scenario::Scenario& scenario, std::string_view which) {
    return scenario.name + "/" + std::string(which) + "-host";
  }
  MailTarget open_host(const scenario::Scenario& scenario, std::string_view which) {
    auto host = std::make_shared<scenario::Scenario>();
    host->name = host_name(scenario, which);
    host->server.hostname = std::string(which) + "." + scenario.server.hostname;
    host->server.forward = scenario.server.forward;
    host->server.extensions = scenario.server.extensions;
    for (const auto needless : {scenario::Extension::starttls, scenario::Extension::auth})
      set_extension(host->server, needless, false);
    const Endpoint endpoint = open(std::move(host), nullptr, 0, "127.0.0.1");
    return {endpoint.address, endpoint.port};
  }

  /// One of several hosts, or the one that names lead to.
  struct Named {
    std::string key;
    std::string host;
    std::vector<std::string> other_addresses;
  };

  Endpoint open(scenario::ScenarioPtr scenario, session::RecipientRouter* router,
                std::uint16_t number, const std::string& address = {}, const Named& named = {}) {
    auto port = std::make_unique<ServedPort>();
    const bool implicit = scenario->server.tls == scenario::TlsMode::implicit;
    const scenario::Server& server = scenario->server;
    port->endpoint = {scenario->name, address.empty() ? shared.settings.bind_address : address,
                      number, implicit, named.host};
    if (server.tls != scenario::TlsMode::none) {
      scenario::TlsProfile profile = server.tls_profile;
      profile.close_notify = profile.close_notify && shared.settings.close_notify;
      port->tls = std::make_unique<TlsServer>(
          shared.certificate_authority(), profile,
          ServerContext::tls_names(server.hostname, port->endpoint.address),
          shared.settings.waits_for_keys);
    } else if (!shared.settings.tls_directory.empty()) {
      shared.certificate_authority();
    }
    port->other_addresses = named.other_addresses;
    const session::RecipientRouter::Target target =
        target_of(scenario, named.key.empty() ? scenario->name : named.key);
    port->prepared = target.prepared;
    port->number = target.prepared->number();
    port->state = target.state;
    port->scenario = std::move(scenario);
    port->router = router;
    listeners.push_back(std::make_unique<Listener>(shared, *port));
    served_ports.push_back(std::move(port));
    return served_ports.back()->endpoint;
  }

  /// The scenario as one of its hosts has it.
  static scenario::ScenarioPtr as_host(const scenario::Scenario& scenario,
                                       const scenario::Host& host) {
    auto made = std::make_shared<scenario::Scenario>(scenario);
    made->server = host.server;
    // A server that has not been given a name goes by the one that leads to it.
    if (made->server.hostname == scenario::Server().hostname) made->server.hostname = host.name;
    return made;
  }

  /// The listeners of one host, on a port that is chosen already.
  void open_as(const scenario::ScenarioPtr& one, const scenario::Host& host, const std::string& key,
               const HostListenAddresses& place, std::uint16_t port, std::vector<Endpoint>& into) {
    const std::vector<std::string> addresses = place.all();
    const std::vector<std::uint16_t> ports =
        place.ports.empty() ? std::vector<std::uint16_t>{port} : place.ports;
    for (const std::string& address : addresses) {
      Named named{key, host.name, {}};
      for (const std::string& other : addresses)
        if (other != address) named.other_addresses.push_back(other);
      for (const std::uint16_t one_of_them : ports)
        into.push_back(open(one, nullptr, one_of_them, address, named));
    }
  }

  /// Who is to be protected all the time can be so with it, too.
  std::vector<Endpoint> serve_extra_host(const scenario::ScenarioPtr& scenario,
                                         const std::string& name,
                                         const HostListenAddresses& place) {
    scenario::Host host;
    host.name = name;
    host.label = name;
    host.server.extensions = scenario::default_extensions();
    if (shared.settings.offer_starttls || shared.settings.implicit_tls ||
        scenario->server.tls != scenario::TlsMode::none) {
      host.server.tls = scenario::TlsMode::starttls;
      set_extension(host.server, scenario::Extension::starttls, true);
    }
    std::vector<Endpoint> endpoints;
    open_as(as_host(*scenario, host), host, scenario->name + "/" + name, place, 0, endpoints);
    return endpoints;
  }

  std::vector<Endpoint> serve_named(const scenario::ScenarioPtr& scenario,
                                    const std::vector<HostListenAddresses>& places,
                                    std::uint16_t port, NameServer& by) {
    const std::vector<scenario::Host> hosts = scenario::hosts_of(*scenario);
    dns::ZoneSetting zone;
    zone.scenario = scenario;
    zone.sender_host = shared.settings.sender_host;
    zone.seed = shared.settings.seed;
    zone.scale = shared.clock.scale();
    std::vector<std::string> addresses;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
      zone.hosts.push_back({hosts[i].name, places.at(i).ipv4, places.at(i).ipv6});
      for (std::string& address : places[i].all())
        addresses.push_back(std::move(address));
    }
    const bool lacks_port =
        std::any_of(places.begin(), places.end(),
                    [](const HostListenAddresses& one) { return one.ports.empty(); });
    if (port == 0 && lacks_port) port = free_port(addresses);
    std::vector<Endpoint> endpoints;
    for (std::size_t i = 0; i < hosts.size(); ++i)
      open_as(with_settings(as_host(*scenario, hosts[i]), shared.settings), hosts[i],
              hosts.size() == 1 ? scenario->name : scenario->name + "/" + hosts[i].label, places[i],
              port, endpoints);
    const std::uint32_t number = served_ports[served_ports.size() - endpoints.size()]->number;
    zones[scenario->name] = {&by, by.add(zone, shared.clock, number,
                                         [this](const auto& event) { shared.record(event); })};
    return endpoints;
  }

  void remove_zones() {
    for (const auto& [name, zone] : zones)
      zone.by->remove(zone.id);
    zones.clear();
  }

  void descriptors_out() {
    any_paused = true;
    resume_after(retry_accept);
  }

  void resume_after(std::chrono::milliseconds time) {
    retry.expires_after(time);
    retry.async_wait([this](boost::system::error_code error) {
      if (!error) resume();
    });
  }

  void resume() {
    any_paused = false;
    resuming = false;
    for (const auto& listener : listeners)
      listener->resume();
  }

  std::vector<std::unique_ptr<session::RecipientRouter>> routers;
  MixRouter* mix_router = nullptr; ///< among these
  bool mix_port_has_tls = false;
  std::map<std::string, std::unique_ptr<state::ServerState>, std::less<>> states;
  std::map<std::string, session::PreparedScenarioPtr, std::less<>> prepared_scenarios;
  std::vector<std::unique_ptr<ServedPort>> served_ports;
  std::uint32_t servers = 0; ///< numbers given
  ServerContext shared;      ///< destroyed before what its connections use
  std::vector<std::unique_ptr<Listener>> listeners;
  /// Where the names of a scenario are served.
  struct ServedZone {
    NameServer* by = nullptr;
    NameServer::ZoneId id = 0;
  };
  std::map<std::string, ServedZone, std::less<>> zones; ///< by scenario
  std::set<std::string> forwarding; ///< scenarios whose mail has somewhere to go
  Forwarder forwarder;
  boost::asio::steady_timer retry;
  bool any_paused = false;
  bool resuming = false; ///< a descriptor is free, the listeners will hear of it in a moment
};

Server::Server(boost::asio::io_context& context, Clock& clock, journal::Recorder& recorder,
               ServerSettings settings, std::function<void(const std::string&)> tell_user)
    : impl_(std::make_unique<Impl>(context, clock, recorder, std::move(settings),
                                   std::move(tell_user))) {}

Server::~Server() {
  impl_->remove_zones();
}

std::vector<std::string> HostListenAddresses::all() const {
  std::vector<std::string> addresses = ipv4;
  addresses.insert(addresses.end(), ipv6.begin(), ipv6.end());
  return addresses;
}

std::vector<Endpoint> Server::serve_named(const scenario::ScenarioPtr& scenario,
                                          const std::vector<HostListenAddresses>& places,
                                          std::uint16_t port, NameServer& names) {
  impl_->set_forwarding(scenario);
  return impl_->serve_named(scenario, places, port, names);
}

std::vector<Endpoint> Server::serve_extra_host(const scenario::ScenarioPtr& scenario,
                                               const std::string& name,
                                               const HostListenAddresses& place) {
  return impl_->serve_extra_host(scenario, name, place);
}

Endpoint Server::serve(scenario::ScenarioPtr scenario, std::uint16_t port) {
  return serve(std::move(scenario), impl_->shared.settings.bind_address, port);
}

Endpoint Server::serve(scenario::ScenarioPtr scenario, const std::string& address,
                       std::uint16_t port) {
  impl_->set_forwarding(scenario);
  return impl_->open(with_settings(std::move(scenario), impl_->shared.settings), nullptr, port,
                     address);
}

Endpoint Server::serve_shared_port(const std::vector<scenario::ScenarioPtr>& all,
                                   std::uint16_t port) {
  for (const scenario::ScenarioPtr& scenario : all)
    impl_->set_forwarding(scenario);
  auto router = std::make_unique<ScenarioNameRouter>(
      all, [impl = impl_.get()](const scenario::ScenarioPtr& scenario) {
        return impl->chosen_target(scenario, scenario->name);
      });
  session::RecipientRouter* chosen = router.get();
  impl_->routers.push_back(std::move(router));
  return impl_->open(with_settings(shared_port_scenario(all), impl_->shared.settings), chosen,
                     port);
}

Endpoint Server::serve_mix(const scenario::MixPtr& mix, std::uint16_t port) {
  const std::vector<scenario::ScenarioPtr> all = scenario::scenarios_of(*mix);
  for (const scenario::ScenarioPtr& scenario : all)
    impl_->set_forwarding(scenario);
  auto router = std::make_unique<MixRouter>(
      mix, impl_->shared.settings.seed,
      [impl = impl_.get()](const scenario::ScenarioPtr& scenario, const std::string& pattern) {
        return impl->mix_target(scenario, pattern);
      });
  const scenario::ScenarioPtr common =
      with_settings(shared_port_scenario(all), impl_->shared.settings);
  impl_->mix_port_has_tls = common->server.tls != scenario::TlsMode::none;
  impl_->mix_router = router.get();
  impl_->routers.push_back(std::move(router));
  const Endpoint endpoint = impl_->open(common, impl_->mix_router, port);
  impl_->shared.note(0, 0, "mix: " + scenario::to_string(*mix));
  return endpoint;
}

void Server::change_mix(const scenario::MixPtr& mix) {
  impl_->check_mix(*mix);
  for (const scenario::ScenarioPtr& scenario : scenario::scenarios_of(*mix))
    impl_->set_forwarding(scenario);
  impl_->mix_router->change(mix);
  impl_->shared.note(0, 0, "mix: " + scenario::to_string(*mix));
}

const MixRouter* Server::mix() const {
  return impl_->mix_router;
}

std::vector<state::ServerState*> Server::states(std::string_view scenario_name) {
  std::vector<state::ServerState*> states;
  for (const auto& [key, state] : impl_->states)
    if (is_of(key, scenario_name)) states.push_back(state.get());
  return states;
}

std::uint32_t Server::number(std::string_view scenario_name) const {
  std::uint32_t first = 0;
  for (const auto& [key, prepared] : impl_->prepared_scenarios)
    if (is_of(key, scenario_name) && (first == 0 || prepared->number() < first))
      first = prepared->number();
  return first;
}

void Server::reset_state(std::string_view scenario_name) {
  for (const auto& [key, state] :
       impl_->states) // a store that is lost refuses: nothing happened then
    if (is_of(key, scenario_name)) state->reset();
  for (const auto& [key, prepared] : impl_->prepared_scenarios)
    if (is_of(key, scenario_name))
      impl_->shared.record(
          {impl_->shared.clock.now(), 0, prepared->number(), journal::event::StateReset{}});
  for (std::size_t i = 0; i < impl_->listeners.size(); ++i)
    if (impl_->served_ports[i]->endpoint.scenario == scenario_name) impl_->listeners[i]->restart();
  if (const auto zone = impl_->zones.find(scenario_name); zone != impl_->zones.end())
    zone->second.by->reset_state(zone->second.id);
}

void Server::count_refused(std::string_view address, std::uint16_t port) {
  for (const auto& listener : impl_->listeners)
    if (listener->endpoint().port == port && listener->endpoint().address == address)
      listener->count_refused();
}

std::uint64_t Server::open_sessions(std::string_view scenario_name) const {
  std::uint64_t count = scenario_name.empty() ? impl_->forwarder.waiting() : 0;
  for (const auto& port : impl_->served_ports)
    if (scenario_name.empty() || port->endpoint.scenario == scenario_name)
      count += port->open_sessions;
  return count;
}

void Server::note(const std::string& text) {
  impl_->shared.note(0, 0, text);
}

void Server::on_activity(std::function<void()> callback) {
  impl_->shared.on_activity = std::move(callback);
}

void Server::on_accepted(std::function<void(session::AcceptedMail)> callback) {
  impl_->shared.on_accepted = std::move(callback);
}

void Server::catch_up() {
  impl_->shared.poller.catch_up();
}

void Server::stop(std::function<void()> done) {
  impl_->retry.cancel();
  impl_->any_paused = false;
  impl_->forwarder.stop();
  impl_->remove_zones();
  for (const auto& listener : impl_->listeners)
    listener->close();
  impl_->listeners.clear();
  impl_->shared.shut_down([impl = impl_.get(), done = std::move(done)] {
    impl->shared.record_closed();
    impl->shared.poller.stop();
    if (done) done();
  });
}

TrafficTotals Server::totals() const {
  TrafficTotals totals = impl_->shared.totals;
  totals.open_sessions = open_sessions("");
  return totals;
}

std::string Server::certificate_authority_pem() const {
  return impl_->shared.certificate_authority_pem();
}

} // namespace tempfail::net
