// The event loop of a load: sessions, the rate, the end.
#include "client/load/connection.hpp"
#include "client/load/load.hpp"

#include <netdb.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace tempfail::client {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto progress_interval = 200ms;
constexpr std::size_t line_bytes = 76; ///< of the body's lines

std::chrono::microseconds processor_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

/// What follows the Message-ID's "<number.run": the rest of the header, and lines up to the size.
std::string make_body(const LoadOptions& options, std::size_t before) {
  std::string body = "@" + options.helo_name + ">\r\nFrom: <" + options.sender + ">\r\nTo: <" +
                     options.recipient +
                     ">\r\nDate: Thu, 01 Jan 1970 00:00:00 +0000\r\nSubject: load\r\n\r\n";
  while (body.size() + before < options.size) {
    const std::size_t left = options.size - before - body.size();
    body.append(std::min(line_bytes, left < 2 ? 0 : left - 2), 'x');
    body += "\r\n";
  }
  return body + ".\r\n";
}

void look_up(const LoadOptions& options, LoadPlan& plan) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error =
      getaddrinfo(options.host.c_str(), std::to_string(options.port).c_str(), &hints, &list);
  if (error != 0) {
    throw std::runtime_error(options.host + ": " + gai_strerror(error));
  }
  std::memcpy(&plan.peer, list->ai_addr, list->ai_addrlen);
  plan.peer_bytes = list->ai_addrlen;
  freeaddrinfo(list);
}

class Generator : public LoadObserver {
 public:
  Generator(const LoadOptions& options, const std::function<bool(const LoadResult&)>& progress)
      : options_(options), progress_(progress), plan_{.options = options} {
    look_up(options, plan_);
    plan_.poller = epoll_create1(EPOLL_CLOEXEC);
    if (plan_.poller < 0) {
      throw std::runtime_error(std::string("epoll: ") + std::strerror(errno));
    }
    plan_.hello = "EHLO " + options.helo_name + "\r\n";
    plan_.mail = "MAIL FROM:<" + options.sender + ">\r\n";
    plan_.rcpt = "RCPT TO:<" + options.recipient + ">\r\n";
    plan_.envelope = plan_.mail + plan_.rcpt + "DATA\r\n";
    plan_.run = std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
    plan_.body =
        make_body(options, std::strlen("Message-ID: <0123456789abcdef.") + plan_.run.size());
    for (unsigned number = 0; number < std::max(1U, options.sessions); ++number) {
      connections_.push_back(std::make_unique<LoadConnection>(plan_, *this));
      idle_.push_back(connections_.back().get());
    }
  }
  ~Generator() override {
    connections_.clear();
    close(plan_.poller);
  }
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  LoadResult run() {
    start_ = Clock::now();
    const auto processor = processor_time();
    Clock::time_point told = start_;
    while (!over()) {
      begin_messages();
      wait();
      const auto now = Clock::now();
      if (now - told >= progress_interval) {
        told = now;
        drop_silent(now);
        result_.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(now - start_);
        if (!progress_(result_)) {
          result_.interrupted = true;
          break;
        }
      }
    }
    result_.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start_);
    result_.processor = processor_time() - processor;
    return result_;
  }

  bool take(std::uint64_t& number, Clock::time_point& due) override {
    if (taken_ >= options_.messages) {
      return false;
    }
    const auto now = Clock::now();
    due = now;
    if (options_.rate > 0) {
      due = start_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                         static_cast<double>(taken_) / options_.rate));
      if (due > now) {
        return false;
      }
    }
    number = taken_++;
    return true;
  }

  void delivered(Clock::time_point due) override {
    ++result_.delivered;
    result_.latency.add(std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - due));
  }
  void failed(const std::string& why) override {
    ++result_.failed;
    ++result_.errors[why];
  }
  void connected() override { ++result_.connections; }
  void sent(std::size_t bytes) override { result_.bytes_sent += bytes; }
  void idle(LoadConnection& connection) override { idle_.push_back(&connection); }

 private:
  bool all_taken() const { return taken_ >= options_.messages; }

  bool over() {
    if (!all_taken() || result_.done() < options_.messages) {
      return false;
    }
    bool quiet = true;
    for (const auto& connection : connections_) {
      connection->finish();
      quiet &= connection->state() == LoadConnection::State::none;
    }
    return quiet;
  }

  /// Gives messages that may begin to connections without one.
  void begin_messages() {
    if (all_taken()) {
      return;
    }
    // A connection that fails at once is idle again behind those that are looked at now.
    for (std::size_t left = idle_.size(); left > 0; --left) {
      LoadConnection* connection = idle_.front();
      if (!connection->begin()) {
        return;
      }
      idle_.pop_front();
    }
  }

  void wait() {
    auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(progress_interval);
    if (options_.rate > 0 && !all_taken()) {
      const auto due =
          start_ + std::chrono::duration_cast<Clock::duration>(
                       std::chrono::duration<double>(static_cast<double>(taken_) / options_.rate));
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now());
      patience = std::clamp(left, 0ms, patience);
    }
    if (options_.rate <= 0 && !idle_.empty() && !all_taken()) {
      patience = 0ms;
    }
    std::array<epoll_event, 256> events;
    const int count = epoll_wait(plan_.poller, events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(patience.count()));
    const auto now = Clock::now();
    for (int index = 0; index < count; ++index) {
      const epoll_event& event = events[static_cast<std::size_t>(index)];
      static_cast<LoadConnection*>(event.data.ptr)->on_event(event.events, now);
    }
  }

  void drop_silent(Clock::time_point now) {
    for (const auto& connection : connections_) {
      if (!connection->idle() && now - connection->last_heard() > options_.time_out) {
        connection->time_out();
      }
    }
  }

  const LoadOptions& options_;
  const std::function<bool(const LoadResult&)>& progress_;
  LoadPlan plan_;
  std::vector<std::unique_ptr<LoadConnection>> connections_;
  std::deque<LoadConnection*> idle_;
  LoadResult result_;
  std::uint64_t taken_ = 0;
  Clock::time_point start_;
};

} // namespace

LoadResult run_load(const LoadOptions& options,
                    const std::function<bool(const LoadResult&)>& progress) {
  return Generator(options, progress).run();
}

} // namespace tempfail::client
