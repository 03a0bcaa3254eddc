// Builds the control of `serve` in its order, and takes it down.
#include "cli/control_plane.hpp"

#include "cli/control_server.hpp"
#include "cli/error.hpp"
#include "cli/port_error.hpp"
#include "control/servers.hpp"
#include "http/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace tempfail::cli {

namespace asio = boost::asio;

namespace {

/// Judges of several servers at once; the loop has a thread of its own.
unsigned worker_count() {
  return std::max(1U, std::thread::hardware_concurrency());
}

net::ServerSettings settings_for_new(const ServeOptions& options) {
  net::ServerSettings settings = settings_of(options.run);
  settings.waits_for_keys = false;
  settings.tls_directory.clear(); // each has an authority of its own, which the API says
  return settings;
}

} // namespace

struct ControlPlane::Impl {
  Impl(asio::io_context& the_loop, const ServeOptions& the_options, scenario::Catalogue catalogue,
       control::ManagedServerParts own)
      : loop(the_loop), options(the_options),
        workers(worker_count()), surroundings{loop, workers, {}, TEMPFAIL_VERSION},
        scenarios(std::move(catalogue), surroundings.limits),
        servers(surroundings, scenarios, settings_for_new(options), port_range(options)),
        main(std::make_shared<control::ManagedServer>("main", with_reader(std::move(own)),
                                                      surroundings, std::nullopt)),
        api({servers, scenarios, surroundings.limits, surroundings.version}) {
    if (!main->served().empty()) servers.adopt(main);
    if (!options.http.empty()) listen();
    if (!options.control.empty())
      control_socket.emplace(loop, options.control, main, surroundings.limits);
  }

  /// A mix that comes while it runs may name scenarios that have come, too.
  control::ManagedServerParts with_reader(control::ManagedServerParts own) const {
    if (own.server.mix() != nullptr)
      own.read_mix = [this](std::string_view text, const std::string& file) {
        return scenario::read_mix(text, file, scenarios.all());
      };
    return own;
  }

  void listen() {
    place = http_settings(options);
    http::ServerSetting setting;
    setting.address = place.address;
    setting.port = place.port;
    setting.token = place.token;
    try {
      server.emplace(loop, setting, api);
    } catch (const std::system_error& error) {
      throw CannotRun(port_error(error.code(), place.address, place.port, "HTTP API", "--http"));
    }
  }

  asio::io_context& loop;
  const ServeOptions& options;
  asio::thread_pool workers; ///< judge
  control::ControlContext surroundings;
  control::Scenarios scenarios;
  control::Servers servers;
  control::ManagedServerPtr main;
  http::Api api;
  HttpSettings place;
  std::optional<http::Server> server;
  std::optional<ControlServer> control_socket;
};

ControlPlane::ControlPlane(asio::io_context& loop, const ServeOptions& options,
                           scenario::Catalogue catalogue, control::ManagedServerParts own)
    : impl_(std::make_unique<Impl>(loop, options, std::move(catalogue), std::move(own))) {}

ControlPlane::~ControlPlane() = default;

std::string ControlPlane::url() const {
  if (!impl_->server) return {};
  const std::string& address = impl_->place.address;
  const bool v6 = address.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + address + "]" : address) + ":" +
         std::to_string(impl_->server->port());
}

nlohmann::ordered_json ControlPlane::ready() const {
  if (!impl_->server) return nullptr;
  const std::string& token = impl_->place.token;
  return {
      {"url", url()},
      {"token", token.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(token)}};
}

std::string ControlPlane::made_token() const {
  return impl_->place.token_was_made ? impl_->place.token : std::string();
}

void ControlPlane::close(std::function<void()> done) {
  impl_->control_socket.reset();
  if (impl_->server) impl_->server->close();
  impl_->servers.close(std::move(done));
}

net::TrafficTotals ControlPlane::totals() const {
  const net::TrafficTotals own = impl_->main->view().totals;
  net::TrafficTotals all = impl_->servers.totals().net;
  if (impl_->main->served().empty()) return all;
  all.connections -= own.connections; // main was adopted, and is counted by whoever owns it
  all.messages_accepted -= own.messages_accepted;
  all.open_sessions -= own.open_sessions;
  return all;
}

} // namespace tempfail::cli
