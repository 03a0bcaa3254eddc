// What all connections of a server share.
#include "net/server_context.hpp"

#include "journal/receipts.hpp"
#include "net/certificate_authority.hpp"
#include "net/connection.hpp"
#include "net/tls_material.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include <unistd.h>

namespace tempfail::net {

namespace {

constexpr std::size_t read_buffer_size = 64 << 10;
/// A batch's buffer that has grown over this is given back.
constexpr std::size_t kept_batch_size = 1 << 20;

} // namespace

/// Real time, where it is real time that counts: how long a client may take to close.
struct ServerContext::Timers {
  explicit Timers(boost::asio::io_context& context) : drain(context) {}
  boost::asio::steady_timer drain;
  bool armed = false;
};

ServerContext::ServerContext(boost::asio::io_context& context, Clock& clock_given,
                             journal::Recorder& recorder, ServerSettings settings_given,
                             TellUser tell_user_given)
    : poller(context, {[this] { commit(); }, [this] { flush(); }}), clock(clock_given),
      settings(std::move(settings_given)), tell_user(std::move(tell_user_given)), context_(context),
      recorder_(recorder), timers_(std::make_unique<Timers>(context)) {
  if (settings.stores != nullptr) poller.skip_batch_delay(); // answers come through the io_context
}

ServerContext::~ServerContext() {
  done_ = nullptr;
  timers_.reset();
  while (!running_.empty())
    delete &running_.front(); // each leaves its list by itself
  while (!draining_.empty())
    delete &draining_.front();
}

void ServerContext::record(const journal::Event& event) {
  // Whoever reads a 250 finds the acceptance in the journal, and whoever sees the end of a connection
  // finds all of it.
  if (std::holds_alternative<journal::event::Accepted>(event.body)) {
    ++totals.messages_accepted;
    urgent_ = true;
  } else if (std::holds_alternative<journal::event::Disconnect>(event.body)) {
    urgent_ = true;
  }
  recorder_.record(event);
  if (!unflushed_) poller.request_end_of_batch();
  unflushed_ = true;
}

void ServerContext::note(std::uint64_t session, std::uint32_t server, std::string_view text) {
  record({clock.now(), session, server, journal::event::Note{text}});
}

void ServerContext::opened(const ServedPort& port) {
  const std::uint32_t number = port.number;
  if (!opened_.insert(number).second) return;
  const scenario::Scenario& scenario = *port.scenario;
  const std::string& name =
      port.endpoint.host.empty() ? scenario.server.hostname : port.endpoint.host;
  std::vector<journal::event::Host> hosts = {{name, port.endpoint.address, port.endpoint.port}};
  for (const std::string& address : port.other_addresses)
    hosts.push_back({name, address, port.endpoint.port});
  journal::event::Server server;
  server.scenario = scenario.name;
  server.text = scenario.text;
  server.meaning_hash = scenario.meaning_hash;
  if (port.endpoint.port != 0) server.hosts = hosts;
  server.tls = scenario::to_string(scenario.server.tls);
  server.clock = clock.scale() > 0 ? "scaled" : "manual";
  server.seed = settings.seed;
  record({clock.now(), 0, number, server});
}

void ServerContext::record_closed() {
  for (const std::uint32_t number : opened_)
    record({clock.now(), 0, number, journal::event::Closed{}});
}

void ServerContext::await_commit(Connection& connection) {
  if (connection.awaits_commit()) return;
  connection.set_awaits_commit(true);
  if (touched_.empty()) poller.request_end_of_batch();
  touched_.push_back(&connection);
}

void ServerContext::flush() {
  if (!unflushed_) return;
  unflushed_ = false;
  urgent_ = false;
  recorder_.flush();
  if (on_activity) on_activity();
}

void ServerContext::commit() {
  while (!touched_.empty()) {
    if (urgent_) flush();
    committing_.swap(touched_);
    for (Connection* connection : committing_) {
      connection->set_awaits_commit(false);
      connection->commit();
    }
    committing_.clear();
    if (!awaiting_.empty()) ask_for_receipt();
  }
  if (urgent_) flush();
  batch_.clear();
  if (batch_.capacity() > kept_batch_size) batch_ = {};
  destroy_retired();
}

/// For all that was flushed before the connections of this turn were committed.
void ServerContext::ask_for_receipt() {
  const auto group = unreceipted_.insert(unreceipted_.end(), std::exchange(awaiting_, {}));
  const auto then = [this, group, alive = std::weak_ptr<bool>(alive_)](bool kept) {
    if (alive.expired()) return;
    for (std::size_t i = 0; i < group->size(); ++i)
      if (Connection* const connection = (*group)[i]) connection->journal_kept(kept);
    unreceipted_.erase(group);
    poller.request_end_of_batch();
  };
  settings.receipts->when_kept(then);
}

void ServerContext::forget(Connection& connection) {
  std::replace(awaiting_.begin(), awaiting_.end(), &connection, static_cast<Connection*>(nullptr));
  for (Awaiting& group : unreceipted_)
    std::replace(group.begin(), group.end(), &connection, static_cast<Connection*>(nullptr));
}

void ServerContext::take_connection(ServedPort& port, int fd, session::Peer peer) {
  if (read_buffer.empty()) read_buffer.resize(read_buffer_size);
  std::unique_ptr<Connection> connection;
  try {
    connection =
        std::make_unique<Connection>(*this, port, fd, std::move(peer), totals.connections + 1);
  } catch (...) {
    ::close(fd);
    throw;
  }
  connection->await_input(); // when this throws, the connection goes, and its socket with it
  ++totals.connections;
  running_.push_back(*connection);
  connection.release()->start(); // from here on the lists own it
}

void ServerContext::begin_drain(Connection& connection) {
  connection.unlink();
  draining_.push_back(connection);
  connection.drain_deadline = std::chrono::steady_clock::now() + settings.drain;
  if (!timers_->armed) arm_drain_timer();
}

void ServerContext::retire(Connection& connection) {
  connection.unlink();
  if (retired_.empty()) poller.request_end_of_batch();
  retired_.emplace_back(&connection);
  if (on_descriptor_freed) on_descriptor_freed();
}

void ServerContext::shut_down(std::function<void()> done) {
  done_ = std::move(done);
  for (auto it = running_.begin(); it != running_.end();) {
    Connection& connection = *it++; // it may leave the list
    connection.shut_down();
  }
  timers_->drain.expires_after(settings.drain);
  timers_->armed = true;
  timers_->drain.async_wait([this](boost::system::error_code error) {
    if (!error) reset_all();
  });
  poller.request_end_of_batch();
}

void ServerContext::reset_all() {
  while (!running_.empty())
    running_.front().reset();
  while (!draining_.empty())
    draining_.front().reset();
  poller.request_end_of_batch();
}

void ServerContext::arm_drain_timer() {
  timers_->armed = true;
  timers_->drain.expires_at(draining_.front().drain_deadline);
  timers_->drain.async_wait([this](boost::system::error_code error) {
    if (!error) drain_timer_fired();
  });
}

/// One timer for all that drain: they are in the order of their deadlines.
void ServerContext::drain_timer_fired() {
  timers_->armed = false;
  const auto now = std::chrono::steady_clock::now();
  while (!draining_.empty() && draining_.front().drain_deadline <= now)
    draining_.front().reset();
  if (!draining_.empty()) arm_drain_timer();
}

void ServerContext::destroy_retired() {
  if (!retired_.empty()) retired_.clear();
  if (done_ && running_.empty() && draining_.empty()) {
    timers_->drain.cancel();
    boost::asio::post(context_, std::exchange(done_, nullptr)); // it may destroy the server
  }
}

std::shared_ptr<const Identity> make_shared_certificate_authority() {
  return std::make_shared<Identity>(make_authority("tempfail test authority"));
}

const Identity& ServerContext::certificate_authority() {
  if (!certificate_authority_) {
    certificate_authority_ = settings.certificate_authority ? settings.certificate_authority
                                                            : make_shared_certificate_authority();
    if (!settings.tls_directory.empty()) {
      LeafRequest request;
      request.names = tls_names("mx.tempfail.test", settings.bind_address);
      write_material(settings.tls_directory, *certificate_authority_,
                     make_leaf(*certificate_authority_, request));
    }
  }
  return *certificate_authority_;
}

std::string ServerContext::certificate_authority_pem() const {
  return certificate_authority_ ? to_pem(*certificate_authority_->certificate) : std::string();
}

std::vector<std::string> ServerContext::tls_names(const std::string& hostname,
                                                  const std::string& address) {
  std::vector<std::string> names = {hostname};
  for (const char* name : {"mx.tempfail.test", "*.tempfail.test", "localhost", "127.0.0.1", "::1"})
    if (hostname != name) names.emplace_back(name);
  if (std::find(names.begin(), names.end(), address) == names.end()) names.push_back(address);
  return names;
}

} // namespace tempfail::net
