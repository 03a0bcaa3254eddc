// Scenarios on sockets: which there are, and where they listen.
#include "net/server.hpp"

#include "net/core.hpp"
#include "net/listener.hpp"
#include "net/relay.hpp"
#include "net/router.hpp"
#include "session/program.hpp"
#include "state/server_state.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace tempfail::net {

namespace {

/// How often a paused listener tries again when the descriptors it lacks are not ours to free.
constexpr auto retry_accept = std::chrono::milliseconds(200);

std::size_t index_of(scenario::Extension extension) {
  return static_cast<std::size_t>(extension);
}

/// The scenario with the TLS and the AUTH that the settings ask for.
scenario::ScenarioPtr with_settings(scenario::ScenarioPtr scenario, const Settings& settings) {
  using scenario::Extension;
  const scenario::TlsMode mode = served_as(scenario->server, settings);
  const bool adds_auth = settings.offer_auth && !scenario->server.auth;
  if (mode == scenario->server.tls && !adds_auth) return scenario;
  auto changed = std::make_shared<scenario::Scenario>(*scenario);
  scenario::Server& server = changed->server;
  if (mode != server.tls) {
    server.tls = mode;
    server.extensions[index_of(Extension::starttls)] = mode == scenario::TlsMode::starttls;
  }
  if (adds_auth) {
    server.auth.emplace();
    server.extensions[index_of(Extension::auth)] = true;
    if (server.extensions_after_tls)
      (*server.extensions_after_tls)[index_of(Extension::auth)] = true;
  }
  return changed;
}

/// A client's pauses are real time: at ten times the speed it may be silent ten times as long.
Settings with_scaled_idle(Settings settings, double scale) {
  if (scale > 1)
    settings.limits.idle = std::chrono::duration_cast<Duration>(settings.limits.idle * scale);
  return settings;
}

/// What the common port is before a recipient has chosen: "healthy" where it is among the scenarios. It offers STARTTLS
/// where any of them does, with nothing wrong about it.
scenario::ScenarioPtr common_scenario(const std::vector<scenario::ScenarioPtr>& all) {
  auto common = std::make_shared<scenario::Scenario>();
  const auto healthy = std::find_if(
      all.begin(), all.end(), [](const auto& scenario) { return scenario->name == "healthy"; });
  if (healthy != all.end()) {
    common->server = (*healthy)->server;
  } else {
    using scenario::Extension;
    for (const Extension extension :
         {Extension::pipelining, Extension::size, Extension::eight_bit_mime, Extension::smtputf8,
          Extension::chunking, Extension::dsn, Extension::enhanced_status_codes})
      common->server.extensions[index_of(extension)] = true;
  }
  const bool any_tls = std::any_of(all.begin(), all.end(), [](const auto& scenario) {
    return scenario->server.tls != scenario::TlsMode::none;
  });
  if (any_tls && common->server.tls == scenario::TlsMode::none) {
    common->server.tls = scenario::TlsMode::starttls;
    common->server.extensions[index_of(scenario::Extension::starttls)] = true;
  }
  common->name = "*";
  common->summary = "The recipient chooses the scenario";
  return common;
}

} // namespace

scenario::TlsMode served_as(const scenario::Server& server, const Settings& settings) {
  using scenario::TlsMode;
  if (settings.implicit_tls && !scenario::is_about_starttls(server)) return TlsMode::implicit;
  if (settings.offer_starttls && server.tls == TlsMode::none) return TlsMode::starttls;
  return server.tls;
}

struct Server::Impl {
  Impl(boost::asio::io_context& context, Clock& clock, journal::Recorder& recorder,
       Settings settings, std::function<void(const std::string&)> report)
      : core(context, clock, recorder, with_scaled_idle(std::move(settings), clock.scale()),
             std::move(report)),
        relay(context, core, {core.settings.return_address, core.settings.return_port}),
        retry(context) {
    core.on_send_on = [this](session::Handover mail) { relay.take(std::move(mail)); };
    core.on_descriptors_out = [this] { descriptors_out(); };
    core.on_descriptor_freed = [this] {
      if (any_paused && !std::exchange(resuming, true)) resume_after(std::chrono::milliseconds(0));
    };
  }

  /// Program and state of a scenario: one each, whether it has a port of its own, is on the common one, or both.
  session::Router::Target target_of(const scenario::ScenarioPtr& scenario) {
    auto& state = states[scenario->name];
    if (!state) state = std::make_unique<state::ServerState>(scenario, core.settings.seed);
    auto& program = programs[scenario->name];
    if (!program) program = session::make_program(scenario, core.settings.limits, ++servers);
    return {program, state.get()};
  }

  /// Where the host of a scenario sends on what it accepts, once it is served.
  void set_forwarding(const scenario::ScenarioPtr& scenario) {
    if (!scenario->server.forward || !forwarding.insert(scenario->name).second) return;
    if (*scenario->server.forward == scenario::ForwardTo::sender) {
      relay.set_route(scenario->name, "sender",
                      {core.settings.return_address, core.settings.return_port});
      return;
    }
    // Two hosts of this program's own, which only it can reach, and which do nothing but pass on.
    const MailTarget first = open_host(*scenario, "first");
    const MailTarget second = open_host(*scenario, "second");
    relay.set_route(scenario->name, "next-host", second);
    relay.set_route(host_name(*scenario, "second"), "next-host", first);
    relay.set_route(host_name(*scenario, "first"), "next-host", second);
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
      host->server.extensions[index_of(needless)] = false;
    const Endpoint endpoint = open(std::move(host), nullptr, 0, "127.0.0.1");
    return {endpoint.address, endpoint.port};
  }

  Endpoint open(scenario::ScenarioPtr scenario, session::Router* router, std::uint16_t port,
                const std::string& address = {}) {
    auto service = std::make_unique<Service>();
    const bool implicit = scenario->server.tls == scenario::TlsMode::implicit;
    const scenario::Server& server = scenario->server;
    service->endpoint = {scenario->name, address.empty() ? core.settings.bind_address : address,
                         port, implicit};
    if (server.tls != scenario::TlsMode::none) {
      scenario::TlsProfile profile = server.tls_profile;
      profile.close_notify = profile.close_notify && core.settings.close_notify;
      service->tls =
          std::make_unique<TlsServer>(core.tls_authority(), profile,
                                      Core::tls_names(server.hostname, service->endpoint.address));
    } else if (!core.settings.tls_directory.empty()) {
      core.tls_authority();
    }
    const session::Router::Target target = target_of(scenario);
    service->program = target.program;
    service->number = target.program->number();
    service->state = target.state;
    service->scenario = std::move(scenario);
    service->router = router;
    listeners.push_back(std::make_unique<Listener>(core, *service));
    services.push_back(std::move(service));
    return services.back()->endpoint;
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

  std::vector<std::unique_ptr<session::Router>> routers;
  std::map<std::string, std::unique_ptr<state::ServerState>, std::less<>> states;
  std::map<std::string, session::ProgramPtr, std::less<>> programs;
  std::vector<std::unique_ptr<Service>> services;
  std::uint32_t servers = 0; ///< numbers given
  Core core;                 ///< destroyed before what its connections use
  std::vector<std::unique_ptr<Listener>> listeners;
  std::set<std::string> forwarding; ///< scenarios whose mail has somewhere to go
  Relay relay;
  boost::asio::steady_timer retry;
  bool any_paused = false;
  bool resuming = false; ///< a descriptor is free, the listeners will hear of it in a moment
};

Server::Server(boost::asio::io_context& context, Clock& clock, journal::Recorder& recorder,
               Settings settings, std::function<void(const std::string&)> report)
    : impl_(std::make_unique<Impl>(context, clock, recorder, std::move(settings),
                                   std::move(report))) {}

Server::~Server() = default;

Endpoint Server::serve(scenario::ScenarioPtr scenario, std::uint16_t port) {
  return serve(std::move(scenario), impl_->core.settings.bind_address, port);
}

Endpoint Server::serve(scenario::ScenarioPtr scenario, const std::string& address,
                       std::uint16_t port) {
  impl_->set_forwarding(scenario);
  return impl_->open(with_settings(std::move(scenario), impl_->core.settings), nullptr, port,
                     address);
}

Endpoint Server::serve_common(const std::vector<scenario::ScenarioPtr>& all, std::uint16_t port) {
  for (const scenario::ScenarioPtr& scenario : all)
    impl_->set_forwarding(scenario);
  auto router = std::make_unique<NameRouter>(
      all, [impl = impl_.get()](const scenario::ScenarioPtr& scenario) {
        const session::Router::Target target = impl->target_of(scenario);
        Service by_name; // it has no port of its own, or is known by it already
        by_name.scenario = scenario;
        by_name.number = target.program->number();
        impl->core.opened(by_name);
        return target;
      });
  session::Router* chosen = router.get();
  impl_->routers.push_back(std::move(router));
  return impl_->open(with_settings(common_scenario(all), impl_->core.settings), chosen, port);
}

state::ServerState* Server::state(std::string_view scenario_name) {
  const auto found = impl_->states.find(scenario_name);
  return found == impl_->states.end() ? nullptr : found->second.get();
}

void Server::reset(std::string_view scenario_name) {
  if (const auto program = impl_->programs.find(scenario_name); program != impl_->programs.end())
    impl_->core.record(
        {impl_->core.clock.now(), 0, program->second->number(), journal::event::Reset{}});
  if (state::ServerState* const it = state(scenario_name)) it->reset();
  for (std::size_t i = 0; i < impl_->listeners.size(); ++i)
    if (impl_->services[i]->endpoint.scenario == scenario_name) impl_->listeners[i]->restart();
}

void Server::count_refused(std::string_view address, std::uint16_t port) {
  for (const auto& listener : impl_->listeners)
    if (listener->endpoint().port == port && listener->endpoint().address == address)
      listener->count_refused();
}

std::uint64_t Server::open_sessions(std::string_view scenario_name) const {
  std::uint64_t count = scenario_name.empty() ? impl_->relay.waiting() : 0;
  for (const auto& service : impl_->services)
    if (scenario_name.empty() || service->endpoint.scenario == scenario_name)
      count += service->open;
  return count;
}

void Server::on_activity(std::function<void()> callback) {
  impl_->core.on_activity = std::move(callback);
}

void Server::stop(std::function<void()> done) {
  impl_->retry.cancel();
  impl_->any_paused = false;
  impl_->relay.stop();
  for (const auto& listener : impl_->listeners)
    listener->close();
  impl_->listeners.clear();
  impl_->core.shut_down([impl = impl_.get(), done = std::move(done)] {
    impl->core.record_closed();
    impl->core.poller.stop();
    if (done) done();
  });
}

Totals Server::totals() const {
  Totals totals = impl_->core.totals;
  totals.open = open_sessions("");
  return totals;
}

} // namespace tempfail::net
