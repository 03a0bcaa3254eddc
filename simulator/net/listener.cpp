// A listening socket.
#include "net/listener.hpp"

#include "net/resets_sent.hpp"
#include "net/socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <exception>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tempfail::net {

namespace {

constexpr int queue_length = 4096; // the kernel cuts it to its somaxconn
/// Connections taken in one go, so that a flood of them leaves time for those that are there.
constexpr int accepted_at_once = 64;

[[noreturn]] void fail(const std::string& what, int error) {
  throw std::system_error(error, std::generic_category(), what);
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

SocketAddress resolve(const std::string& address, std::uint16_t port) {
  SocketAddress result;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&result.storage, &v4, sizeof v4);
    result.size = sizeof v4;
  } else if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&result.storage, &v6, sizeof v6);
    result.size = sizeof v6;
  } else {
    fail("\"" + address + "\" is not a valid IP address", EADDRNOTAVAIL);
  }
  return result;
}

/// "127.0.0.1". As inet_ntop() says it, which takes longer than all else there is to accepting.
std::string dotted(const in_addr& address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  std::array<std::uint8_t, 4> parts{};
  std::memcpy(parts.data(), &address, parts.size());
  char* at = text.data();
  for (const std::uint8_t part : parts) {
    if (at != text.data()) *at++ = '.';
    at = std::to_chars(at, text.data() + text.size(), part).ptr;
  }
  return {text.data(), at};
}

/// Address as text and port of a socket's end.
std::pair<std::string, std::uint16_t> name_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      in_addr v4{};
      std::memcpy(&v4, &v6.sin6_addr.s6_addr[12], sizeof v4);
      return {dotted(v4), ntohs(v6.sin6_port)};
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return {text.data(), ntohs(v6.sin6_port)};
  }
  sockaddr_in v4{};
  std::memcpy(&v4, &address, sizeof v4);
  return {dotted(v4.sin_addr), ntohs(v4.sin_port)};
}

std::string place(const Endpoint& endpoint) {
  return endpoint.address + " port " + std::to_string(endpoint.port);
}

/// Lets a socket be bound to an address that is not there at the moment.
void bind_ahead(int fd, int family) {
  const int on = 1;
  if (family == AF_INET6)
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on);
  else
    ::setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
}

/// A socket bound to the endpoint, whose port is filled in when it was 0. `ahead`: the address may be cut off.
int bound_socket(int network_namespace, Endpoint& endpoint, bool ahead, PortSharing ports) {
  // The kernel does not tell those with whom a port is shared from anybody else of this user's.
  if (ports == PortSharing::first_of_sharers && endpoint.port != 0)
    ::close(bound_socket(network_namespace, endpoint, ahead, PortSharing::exclusive));
  SocketAddress address = resolve(endpoint.address, endpoint.port);
  const int fd = make_socket(network_namespace, address.storage.ss_family,
                             SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) fail(place(endpoint), errno);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (ports != PortSharing::exclusive) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  // Accepted sockets inherit it: every write its own segment, none waits for an acknowledgement.
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (ahead) bind_ahead(fd, address.storage.ss_family);
  auto* generic = reinterpret_cast<sockaddr*>(&address.storage);
  if (::bind(fd, generic, address.size) != 0 || ::getsockname(fd, generic, &address.size) != 0) {
    const int error = errno;
    ::close(fd);
    fail(place(endpoint), error);
  }
  endpoint.port = name_of(address.storage).second;
  return fd;
}

/// Where a client on this machine reaches an endpoint that listens on all addresses.
Endpoint as_reached_from_here(Endpoint endpoint) {
  if (endpoint.address == "0.0.0.0") endpoint.address = "127.0.0.1";
  if (endpoint.address == "::") endpoint.address = "::1";
  return endpoint;
}

/// A client's socket, which does not block, on its way there; -1: none could be made. `error`: what connect() failed
/// with; 0: it is connected.
int connect_to(int network_namespace, const Endpoint& endpoint, int& error) {
  const SocketAddress address = resolve(endpoint.address, endpoint.port);
  const int fd = make_socket(network_namespace, address.storage.ss_family,
                             SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC);
  error = errno;
  if (fd < 0) return fd;
  const auto* generic = reinterpret_cast<const sockaddr*>(&address.storage);
  error = ::connect(fd, generic, address.size) == 0 ? 0 : errno;
  return fd;
}

bool out_of_resources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

} // namespace

Listener::Listener(ServerContext& server, ServedPort& port)
    : server_(server), port_(port), plan_(port.scenario->server.listen) {
  try {
    if (plan_) {
      if (is_cut_off_at_times() && !server_.settings.set_unreachable)
        fail("a server can't make its host unreachable", EOPNOTSUPP);
      holder_ = bound_socket(server_.settings.network_namespace, port_.endpoint,
                             is_cut_off_at_times(), server_.settings.ports);
      server_.opened(port_);
      start_ = server_.clock.now();
      follow_plan();
    } else {
      open(queue_length);
      server_.opened(port_);
      server_.poller.add(fd_, EPOLLIN, *this);
    }
  } catch (...) {
    release(); // there is no destructor of what was not constructed
    throw;
  }
}

Listener::~Listener() {
  release();
}

/// Gives back all that is held of the system.
void Listener::release() {
  server_.clock.cancel(plan_timer_);
  server_.clock.cancel(accept_timer_);
  stop_listening();
  if (holder_ >= 0) ::close(holder_);
}

bool Listener::is_cut_off_at_times() const {
  return plan_ && scenario::is_router_answer(plan_->answer);
}

int Listener::queue() const {
  return plan_ && plan_->backlog ? static_cast<int>(*plan_->backlog) : queue_length;
}

void Listener::open(int queue) {
  const int fd = bound_socket(server_.settings.network_namespace, port_.endpoint,
                              is_cut_off_at_times(), server_.settings.ports);
  if (::listen(fd, queue) != 0) {
    const int error = errno;
    ::close(fd);
    fail(place(port_.endpoint), error);
  }
  fd_ = fd;
}

void Listener::stop_listening() {
  if (filler_ >= 0) ::close(std::exchange(filler_, -1));
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  paused_ = false;
}

/// They begin without the client, which needs real time to start: each lasts long enough for it to be there.
std::vector<scenario::Range<Duration>> Listener::windows_of_plan() const {
  constexpr std::chrono::seconds least_real{3};
  const auto least = std::chrono::duration_cast<Duration>(least_real * server_.clock.scale());
  std::vector<scenario::Range<Duration>> windows = plan_->during;
  for (auto& window : windows)
    if (window.max) window.max = std::max(*window.max, window.min + least);
  return windows;
}

scenario::ListenAnswer Listener::answer_at(Duration since_start) const {
  const auto windows = windows_of_plan();
  const bool holds =
      windows.empty() || std::any_of(windows.begin(), windows.end(), [&](const auto& it) {
        return since_start >= it.min && (!it.max || since_start < *it.max);
      });
  return holds ? plan_->answer : scenario::ListenAnswer::accepted;
}

/// Answers as the plan says now, and comes back when that changes.
void Listener::follow_plan() {
  const Duration now = server_.clock.now() - start_;
  const scenario::ListenAnswer answer = answer_at(now);
  if (answer != answer_) {
    const journal::event::Listen change = told(answer);
    // The port listens for as long as its address is there, or it would refuse for a moment.
    if (scenario::is_router_answer(answer))
      server_.settings.set_unreachable(port_.endpoint.address, answer);
    resets_before_.reset();
    // In a lab each refusal is seen.
    const bool watches =
        answer == scenario::ListenAnswer::refused && !server_.settings.set_unreachable;
    const auto resets_so_far = watches ? resets_sent() : std::nullopt;
    stop_listening();
    answer_ = answer;
    if (resets_so_far) watch_refusals(*resets_so_far);
    if (answer == scenario::ListenAnswer::accepted) {
      open(queue());
      server_.poller.add(fd_, EPOLLIN, *this);
    } else if (answer == scenario::ListenAnswer::silence) {
      open(0);
      fill_queue();
    }
    if (is_cut_off_at_times() && !scenario::is_router_answer(answer))
      server_.settings.set_unreachable(port_.endpoint.address, answer);
    if (plan_->answer != scenario::ListenAnswer::accepted)
      server_.record({server_.clock.now(), 0, port_.number, change});
  }
  std::optional<Duration> next;
  const auto consider = [&](Duration moment) {
    if (moment > now && (!next || moment < *next)) next = moment;
  };
  for (const auto& window : windows_of_plan()) {
    consider(window.min);
    if (window.max) consider(*window.max);
  }
  if (!next) return;
  plan_timer_ = server_.clock.schedule(start_ + *next, [this] {
    plan_timer_ = 0;
    try {
      follow_plan();
    } catch (const std::exception& problem) {
      server_.tell_user(problem.what());
    }
  });
}

/// One connection attempt of our own shows whether the kernel counts those that it refuses: it does so before connect()
/// returns.
void Listener::watch_refusals(std::uint64_t resets_so_far) {
  int error = 0;
  const int fd =
      connect_to(server_.settings.network_namespace, as_reached_from_here(port_.endpoint), error);
  if (fd < 0) return;
  ::close(fd);
  if (error == 0 || resets_sent() != resets_so_far + 1) return; // or somebody else was refused, too
  note_own_reset();
  resets_before_ = resets_so_far;
}

/// Nobody at all was, in the whole network: a count that is larger may be of others.
bool Listener::nobody_was_refused() const {
  return resets_before_ && resets_sent() == resets_before_;
}

/// How many SYNs the kernel has dropped because the accept queue is full.
std::uint64_t Listener::dropped() const {
  if (fd_ < 0) return 0;
  std::array<std::uint32_t, SK_MEMINFO_VARS> figures{};
  socklen_t size = sizeof figures;
  if (::getsockopt(fd_, SOL_SOCKET, SO_MEMINFO, figures.data(), &size) != 0) return 0;
  return figures[SK_MEMINFO_DROPS];
}

void Listener::count_refused() {
  if (refused_++ == 0) refused_first_ = server_.clock.now();
}

journal::event::Listen Listener::told(scenario::ListenAnswer answer) {
  const bool is_known = server_.settings.set_unreachable || nobody_was_refused();
  return {answer, dropped(), std::exchange(refused_, 0), std::exchange(refused_first_, {}),
          is_known};
}

void Listener::restart() {
  if (!plan_) return;
  server_.clock.cancel(std::exchange(plan_timer_, 0));
  if (accept_timer_ != 0) {
    server_.clock.cancel(std::exchange(accept_timer_, 0));
    if (fd_ >= 0 && !paused_) server_.poller.change(fd_, EPOLLIN, *this);
  }
  start_ = server_.clock.now();
  follow_plan();
}

void Listener::close() {
  if (!plan_ || !answer_) return;
  const journal::event::Listen rest = told(*answer_);
  if (rest.unanswered != 0 || rest.refused != 0 ||
      (rest.counted && !server_.settings.set_unreachable))
    server_.record({server_.clock.now(), 0, port_.number, rest});
}

/// One connection that is never accepted: the kernel then drops every further SYN.
void Listener::fill_queue() {
  const Endpoint own = as_reached_from_here(port_.endpoint);
  int error = 0;
  filler_ = connect_to(server_.settings.network_namespace, own, error);
  if (filler_ < 0 || (error != 0 && error != EINPROGRESS)) fail(place(own), error);
}

void Listener::ready(std::uint32_t /*events*/) {
  for (int i = 0; i < accepted_at_once && !paused_ && fd_ >= 0 && accept_timer_ == 0; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int fd =
        ::accept4(fd_, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      take(fd, address);
      if (plan_ && plan_->accept_every) rest_after_accept();
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (std::exchange(told_, false)) {
        server_.tell_user("port " + std::to_string(port_.endpoint.port) + ": accepting again");
        server_.note(0, port_.number, "accepting resumed");
      }
      return;
    } else if (out_of_resources(errno)) {
      pause(errno);
    }
    // Any other error belongs to the connection that was lost while it waited in the queue.
  }
}

void Listener::take(int fd, const sockaddr_storage& address) {
  auto [name, port] = name_of(address);
  session::Peer peer;
  peer.address = std::move(name);
  peer.port = port;
  peer.server_port = port_.endpoint.port;
  peer.implicit_tls = port_.endpoint.implicit_tls;
  try {
    server_.take_connection(port_, fd, std::move(peer));
  } catch (const std::exception& problem) {
    server_.note(0, port_.number, std::string("connection not served: ") + problem.what());
  }
}

void Listener::pause(int error) {
  paused_ = true;
  server_.poller.change(fd_, 0, *this);
  server_.on_descriptors_out();
  if (std::exchange(told_, true)) return;
  const std::string reason = std::generic_category().message(error);
  server_.tell_user("port " + std::to_string(port_.endpoint.port) + ": " + reason +
                    ": accepting is paused until connections end");
  server_.note(0, port_.number, "accepting paused: " + reason);
}

/// One connection per so long: the others wait in the queue.
void Listener::rest_after_accept() {
  server_.poller.change(fd_, 0, *this);
  accept_timer_ = server_.clock.schedule(server_.clock.now() + *plan_->accept_every, [this] {
    accept_timer_ = 0;
    if (fd_ >= 0 && !paused_ && answer_ == scenario::ListenAnswer::accepted)
      server_.poller.change(fd_, EPOLLIN, *this);
  });
}

void Listener::resume() {
  if (!std::exchange(paused_, false)) return;
  server_.poller.change(fd_, EPOLLIN, *this);
  ready(EPOLLIN); // nobody may be left in the queue to wake it
}

} // namespace tempfail::net
