// Takes queries off the sockets, lets the responder of their zone decide, and performs what it says.
#include "net/name_server.hpp"

#include "dns/responder.hpp"
#include "net/name_connection.hpp"
#include "net/socket.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include <sys/socket.h>

namespace tempfail::net {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using scenario::Transport;

constexpr std::size_t largest_packet = 65535;
/// Queries taken in one go, so that a flood of them leaves time for mail.
constexpr int queries_at_once = 32;
/// How often a port is chosen that turns out to be taken for the other protocol.
constexpr int tries_for_port = 50;

struct Sockets {
  udp::socket datagrams;
  tcp::acceptor acceptor;
};

/// A socket of `network_namespace`, which is Asio's from here on.
template <typename Socket>
void open_in(int network_namespace, Socket& socket, const typename Socket::protocol_type& protocol,
             boost::system::error_code& error) {
  const int fd = make_socket(network_namespace, protocol.family(), protocol.type() | SOCK_CLOEXEC);
  if (fd < 0)
    error.assign(errno, boost::system::system_category());
  else
    socket.assign(protocol, fd, error);
}

Sockets open_sockets(asio::io_context& context, const std::string& address, std::uint16_t port,
                     int network_namespace) {
  boost::system::error_code error;
  const asio::ip::address parsed = asio::ip::make_address(address, error);
  if (error)
    throw std::system_error(EADDRNOTAVAIL, std::generic_category(),
                            "\"" + address + "\" is not an IP address");
  for (int tries = 1;; ++tries) {
    tcp::acceptor acceptor(context);
    udp::socket datagrams(context);
    const tcp::endpoint wanted(parsed, port);
    open_in(network_namespace, acceptor, wanted.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(wanted, error);
    if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
    if (error) throw std::system_error(error.value(), std::generic_category(), "TCP");
    const udp::endpoint same(parsed, acceptor.local_endpoint().port());
    open_in(network_namespace, datagrams, same.protocol(), error);
    if (!error) datagrams.bind(same, error);
    if (error.value() == EADDRINUSE && port == 0 && tries < tries_for_port) continue;
    if (error) throw std::system_error(error.value(), std::generic_category(), "UDP");
    datagrams.non_blocking(true);
    acceptor.non_blocking(true);
    return {std::move(datagrams), std::move(acceptor)};
  }
}

} // namespace

struct NameServer::Impl : std::enable_shared_from_this<NameServer::Impl> {
  /// A zone, and to whom its events go.
  struct Served {
    Served(const dns::ZoneSetting& setting, Clock& by, std::uint32_t number, Record to)
        : zone(setting), clock(by), server(number), record(std::move(to)) {}
    dns::Zone zone;
    Clock& clock;
    std::uint32_t server;
    Record record;
  };
  /// What is to be done about a query, now or later.
  struct Task {
    dns::QueryOutcome outcome;
    std::string client;
    ZoneId zone = 0;                          ///< 0: nobody's
    udp::endpoint to;                         ///< of a datagram
    std::weak_ptr<NameConnection> connection; ///< of TCP
  };
  /// What waits for its moment.
  struct Late {
    Late(asio::io_context& context, Task held) : timer(context), task(std::move(held)) {}
    asio::steady_timer timer;
    Task task;
  };

  Impl(asio::io_context& context_, const std::string& address_, std::uint16_t port,
       NameServerLimits limits_, int network_namespace)
      : context(context_), limits(limits_), address(address_),
        sockets(open_sockets(context_, address_, port, network_namespace)),
        chosen_port(sockets.acceptor.local_endpoint().port()) {}

  void wait_for_datagrams() {
    sockets.datagrams.async_wait(udp::socket::wait_read,
                                 [self = shared_from_this()](boost::system::error_code error) {
                                   if (error || self->stopped) return;
                                   self->take_datagrams();
                                   if (!self->stopped) self->wait_for_datagrams();
                                 });
  }

  void take_datagrams() {
    for (int i = 0; i < queries_at_once && !stopped; ++i) {
      udp::endpoint from;
      boost::system::error_code error;
      const std::size_t size = sockets.datagrams.receive_from(asio::buffer(packet), from, 0, error);
      if (error) return;
      Task task;
      task.to = from;
      task.client = from.address().to_string();
      handle({packet.data(), size}, Transport::udp, std::move(task));
    }
  }

  void accept() {
    sockets.acceptor.async_accept(
        [self = shared_from_this()](boost::system::error_code error, tcp::socket socket) {
          if (self->stopped) return;
          if (!error && self->connections.size() < self->limits.connections)
            self->serve(std::move(socket));
          if (!error) return self->accept();
          // Out of descriptors, most often: those that wait are taken when there are some again.
          self->pause.expires_after(std::chrono::milliseconds(200));
          self->pause.async_wait([self](boost::system::error_code cancelled) {
            if (!cancelled && !self->stopped) self->accept();
          });
        });
  }

  void serve(tcp::socket socket) {
    NameConnection::Handlers handlers;
    handlers.asked = [self = weak_from_this()](const std::shared_ptr<NameConnection>& connection,
                                               std::string_view query) {
      const auto impl = self.lock();
      if (!impl) return;
      Task task;
      task.connection = connection;
      task.client = connection->client();
      impl->handle(query, Transport::tcp, std::move(task));
    };
    handlers.ended = [self = weak_from_this()](const std::shared_ptr<NameConnection>& connection) {
      if (const auto impl = self.lock()) impl->connections.erase(connection);
    };
    const auto connection =
        std::make_shared<NameConnection>(std::move(socket), limits.idle, std::move(handlers));
    connections.insert(connection);
    connection->start();
  }

  Served* find(ZoneId id) {
    const auto found = zones.find(id);
    return found == zones.end() ? nullptr : found->second.get();
  }

  ZoneId id_of(const dns::Zone* zone) const {
    for (const auto& [id, served] : zones)
      if (&served->zone == zone) return id;
    return 0;
  }

  void handle(std::string_view bytes, Transport over, Task task) {
    const dns::ParsedQuery parsed = dns::parse_query(bytes, over, task.client);
    if (!parsed.answerable) return;
    const dns::Zone* const asked = parsed.query ? responder.zone_of(parsed.query->name) : nullptr;
    task.zone = id_of(asked);
    const Served* const served = find(task.zone);
    Clock* const clock = served != nullptr ? &served->clock : strangers_clock;
    const Moment now = clock != nullptr ? clock->now() : Moment{};
    task.outcome = responder.answer(bytes, parsed, now);
    task.outcome.event.asked = now;
    task.outcome.event.transport = over;
    if (task.outcome.wait <= Duration::zero() || task.outcome.bytes.empty()) return perform(task);
    if (late.size() >= limits.late_answers) return tell(task, false);
    const std::uint64_t number = ++last_late;
    Late& waiting = late.try_emplace(number, context, std::move(task)).first->second;
    waiting.timer.expires_after(waiting.task.outcome.wait);
    waiting.timer.async_wait([self = shared_from_this(), number](boost::system::error_code) {
      auto due = self->late.extract(number); // nothing: it was given up, though its time had come
      if (!due.empty()) self->perform(due.mapped().task);
    });
  }

  /// What is late and will never be sent: of this zone, or (0) of all.
  void give_up_late(ZoneId zone) {
    for (auto it = late.begin(); it != late.end();) {
      const bool is_over = zone == 0 || it->second.task.zone == zone;
      if (is_over) tell(it->second.task, false);
      it = is_over ? late.erase(it) : std::next(it);
    }
  }

  void perform(Task& task) {
    const std::string& bytes = task.outcome.bytes;
    bool sent = false;
    if (const auto connection = task.connection.lock()) {
      if (task.outcome.reset) connection->reset();
      if (!bytes.empty()) sent = connection->send(bytes);
    } else if (!bytes.empty() && task.outcome.event.transport == Transport::udp) {
      boost::system::error_code error;
      sockets.datagrams.send_to(asio::buffer(bytes), task.to, 0, error);
      sent = !error;
    }
    tell(task, sent);
  }

  void tell(Task& task, bool answered) {
    const Served* const served = find(task.zone);
    const Record& record = served != nullptr ? served->record : strangers;
    if (!record) return;
    Clock& clock = served != nullptr ? served->clock : *strangers_clock;
    journal::event::Query& event = task.outcome.query_event();
    event.client = task.client;
    const Moment now = clock.now();
    if (answered) event.answered = now;
    record({now, 0, served != nullptr ? served->server : 0, event});
  }

  void stop() {
    stopped = true;
    boost::system::error_code ignored;
    sockets.datagrams.close(ignored);
    sockets.acceptor.close(ignored);
    pause.cancel();
    give_up_late(0);
    for (const auto& connection : std::exchange(connections, {}))
      connection->close();
  }

  asio::io_context& context;
  NameServerLimits limits;
  std::string address;
  Sockets sockets;
  std::uint16_t chosen_port;
  asio::steady_timer pause{context};
  std::array<char, largest_packet> packet{};
  std::set<std::shared_ptr<NameConnection>> connections;
  std::map<std::uint64_t, Late> late;
  std::uint64_t last_late = 0;
  std::map<ZoneId, std::unique_ptr<Served>> zones;
  dns::Responder responder; ///< destroyed before its zones
  ZoneId last_zone = 0;
  Record strangers;
  Clock* strangers_clock = nullptr;
  bool stopped = false;
};

NameServer::NameServer(asio::io_context& context, const std::string& address, std::uint16_t port,
                       NameServerLimits limits, int network_namespace)
    : impl_(std::make_shared<Impl>(context, address, port, limits, network_namespace)) {
  impl_->wait_for_datagrams();
  impl_->accept();
}

NameServer::~NameServer() {
  stop();
}

const std::string& NameServer::address() const {
  return impl_->address;
}

std::uint16_t NameServer::port() const {
  return impl_->chosen_port;
}

NameServer::ZoneId NameServer::add(const dns::ZoneSetting& setting, Clock& clock,
                                   std::uint32_t server, Record record) {
  auto served = std::make_unique<Impl::Served>(setting, clock, server, std::move(record));
  impl_->responder.add(served->zone);
  const ZoneId id = ++impl_->last_zone;
  impl_->zones.emplace(id, std::move(served));
  return id;
}

void NameServer::set_host(const std::string& name, const std::string& address) {
  impl_->responder.set_host(name, address);
}

bool NameServer::remove_host(const std::string& name) {
  return impl_->responder.remove_host(name);
}

void NameServer::remove(ZoneId zone) {
  if (Impl::Served* const served = impl_->find(zone)) {
    impl_->give_up_late(zone);
    impl_->responder.remove(served->zone);
    impl_->zones.erase(zone);
  }
}

void NameServer::reset_state(ZoneId zone) {
  if (Impl::Served* const served = impl_->find(zone)) served->zone.reset_state();
}

void NameServer::record_unknown_names(Clock& clock, Record record) {
  impl_->strangers_clock = &clock;
  impl_->strangers = std::move(record);
}

void NameServer::stop() {
  if (!impl_->stopped) impl_->stop();
}

} // namespace tempfail::net
