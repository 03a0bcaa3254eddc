// The sockets of a host that sends mail on. One dialogue at a time, in the order in which messages came.
#include "net/forwarder.hpp"

#include "net/server_context.hpp"
#include "net/socket.hpp"
#include "relay/forward_dialogue.hpp"
#include "relay/notification.hpp"
#include "relay/trace.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include <sys/socket.h>

namespace tempfail::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

/// Real time in which the other side must take or say something.
constexpr std::chrono::seconds patience{30};
/// After so many tries that came to nothing, so far apart, a message is given up.
constexpr std::uint32_t tries_at_most = 5;
constexpr Duration between_tries = std::chrono::minutes(1);
/// A run that forwards more than this has got out of hand.
constexpr std::uint64_t messages_at_most = 10'000;

struct Destination {
  std::string to;
  MailTarget target;
};

/// A message to be forwarded.
struct Job {
  relay::Mail mail;
  Destination destination;
  std::uint32_t server = 0; ///< whose mail it is, in the journal
  std::string hostname;     ///< of the host that sends
  std::string message_id;
  std::uint32_t received_fields = 0;
  std::uint32_t tries = 0;
};

std::int64_t unix_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

} // namespace

struct Forwarder::Impl : std::enable_shared_from_this<Forwarder::Impl> {
  Impl(asio::io_context& io, ServerContext& the_server, MailTarget target)
      : context(io), server(the_server), return_to(std::move(target)), socket(io), limit(io) {}

  void take(session::AcceptedMail mail) {
    const auto destination = destinations.find(mail.scenario);
    if (destination == destinations.end() || stopped) return;
    if (++messages > messages_at_most) {
      server.note(0, mail.server,
                  "no more messages are forwarded: there were " + std::to_string(messages_at_most));
      return;
    }
    Job job;
    job.destination = destination->second;
    job.server = mail.server;
    job.hostname = mail.hostname;
    job.message_id = std::move(mail.message_id);
    job.received_fields = mail.received_fields + 1;
    job.mail.sender = std::move(mail.sender);
    job.mail.recipients = std::move(mail.recipients);
    job.mail.content =
        relay::received_field({mail.helo, mail.client, mail.hostname, messages, unix_now()}) +
        mail.content;
    enqueue(std::move(job));
  }

  void enqueue(Job job) {
    if (job.destination.target.address.empty()) {
      relay::ForwardOutcome outcome;
      outcome.reply = "it can't be forwarded: --sender-server is not given";
      record(job, outcome);
      return;
    }
    queue.push_back(std::move(job));
    asio::post(context, [self = shared_from_this()] { self->begin_next(); });
  }

  void begin_next() {
    if (current || queue.empty() || stopped) return;
    current = std::move(queue.front());
    queue.pop_front();
    ++current->tries;
    dialogue.emplace(current->mail, current->hostname);
    wait_for_progress();
    error_code error;
    const auto address = asio::ip::make_address(current->destination.target.address, error);
    const tcp::endpoint target(address, current->destination.target.port);
    socket = tcp::socket(context);
    const int fd = make_socket(server.settings.network_namespace, target.protocol().family(),
                               SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      asio::post(context, [self = shared_from_this(),
                           why = std::generic_category().message(errno)] { self->lost(why); });
      return;
    }
    socket.assign(target.protocol(), fd);
    socket.async_connect(target, [self = shared_from_this()](error_code failed) {
      if (self->stopped) return;
      if (failed) return self->lost(failed.message());
      error_code ignored;
      self->socket.set_option(tcp::no_delay(true), ignored);
      self->read();
    });
  }

  /// A wait that was over before it could be cancelled is no longer the one that counts.
  void wait_for_progress() {
    limit.expires_after(patience);
    limit.async_wait([self = shared_from_this(), wait = ++waits](error_code error) {
      if (error || self->stopped || wait != self->waits) return;
      error_code ignored;
      self->timed_out = true;
      self->socket.close(ignored);
    });
  }

  void read() {
    socket.async_read_some(asio::buffer(buffer),
                           [self = shared_from_this()](error_code error, std::size_t size) {
                             if (self->stopped) return;
                             if (error)
                               return self->lost("the connection was lost: " + error.message());
                             self->heard(size);
                           });
  }

  void heard(std::size_t size) {
    output = dialogue->receive({buffer.data(), size});
    if (dialogue->has_ended()) return finish();
    wait_for_progress();
    if (output.empty()) return read();
    asio::async_write(socket, asio::buffer(output),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (self->stopped) return;
                        if (error) return self->lost("the connection was lost: " + error.message());
                        self->read();
                      });
  }

  void lost(std::string why) {
    if (stopped) return;
    if (std::exchange(timed_out, false)) why = "no answer in time";
    dialogue->lost(why);
    finish();
  }

  void finish() {
    limit.cancel();
    ++waits;
    timed_out = false;
    error_code ignored;
    socket.close(ignored);
    const relay::ForwardOutcome outcome = dialogue->outcome();
    dialogue.reset();
    Job job = std::move(*current);
    current.reset();
    record(job, outcome);
    if (outcome.accepted()) {
      if (!outcome.refused.empty()) report(job, outcome, outcome.refused);
    } else if (outcome.rejected() || job.tries >= tries_at_most) {
      report(job, outcome, job.mail.recipients);
    } else {
      try_later(std::move(job));
    }
    asio::post(context, [self = shared_from_this()] { self->begin_next(); });
  }

  void try_later(Job job) {
    ++put_off;
    const auto later = std::make_shared<Job>(std::move(job));
    server.clock.schedule(server.clock.now() + between_tries, [self = weak_from_this(), later] {
      const auto impl = self.lock();
      if (!impl || impl->stopped) return;
      --impl->put_off;
      impl->enqueue(std::move(*later));
    });
  }

  void record(const Job& job, const relay::ForwardOutcome& outcome) {
    journal::event::Forwarded event;
    const std::string address = job.destination.target.address.empty()
                                    ? std::string()
                                    : job.destination.target.address + " port " +
                                          std::to_string(job.destination.target.port);
    event.to = job.destination.to;
    event.address = address;
    event.message_id = job.message_id;
    event.received_fields = job.received_fields;
    event.code = outcome.code;
    event.reply = outcome.reply;
    server.record({server.clock.now(), 0, job.server, event});
  }

  /// To the sender, unless it is such a report itself that could not be delivered.
  void report(const Job& about, const relay::ForwardOutcome& outcome,
              const std::vector<std::string>& recipients) {
    if (about.mail.sender.empty()) return;
    relay::Failure failure;
    failure.reporting_host = about.hostname;
    failure.remote_host = about.destination.target.address;
    failure.recipients = recipients;
    failure.reply = outcome.code == 0 ? "450 4.4.2 " + outcome.reply : outcome.reply;
    failure.unix_seconds = unix_now();
    failure.number = ++messages;
    Job job;
    job.mail = relay::failure_notification(about.mail, failure);
    job.destination = {"notification", return_to};
    job.server = about.server;
    job.hostname = about.hostname;
    job.message_id = "report-" + std::to_string(failure.number) + "@" + about.hostname;
    enqueue(std::move(job));
  }

  void stop() {
    stopped = true;
    queue.clear();
    current.reset();
    limit.cancel();
    error_code ignored;
    socket.close(ignored);
  }

  asio::io_context& context;
  ServerContext& server;
  MailTarget return_to;
  std::map<std::string, Destination> destinations;
  std::deque<Job> queue;
  std::optional<Job> current;
  std::optional<relay::ForwardDialogue> dialogue;
  tcp::socket socket;
  asio::steady_timer limit;
  std::array<char, 4096> buffer{};
  std::string output;
  std::uint64_t messages = 0;
  std::uint64_t waits = 0; ///< for progress, that have begun or ended
  std::size_t put_off = 0;
  bool timed_out = false;
  bool stopped = false;
};

Forwarder::Forwarder(asio::io_context& context, ServerContext& server, MailTarget return_to)
    : impl_(std::make_shared<Impl>(context, server, std::move(return_to))) {}

Forwarder::~Forwarder() {
  impl_->stop();
}

void Forwarder::set_destination(const std::string& scenario, std::string_view to,
                                MailTarget target) {
  impl_->destinations[scenario] = {std::string(to), std::move(target)};
}

void Forwarder::take(session::AcceptedMail mail) {
  impl_->take(std::move(mail));
}

std::size_t Forwarder::waiting() const {
  return impl_->queue.size() + impl_->put_off + (impl_->current ? 1 : 0);
}

void Forwarder::stop() {
  impl_->stop();
}

} // namespace tempfail::net
