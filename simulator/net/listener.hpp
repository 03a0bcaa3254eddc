// A scenario's port: listens and accepts, refuses or stays silent as the scenario says, and pauses quietly
// while the process is out of descriptors.
#pragma once

#include "net/server_context.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/socket.h>

namespace tempfail::net {

class Listener final : public Poller::Handler {
 public:
  /// Binds and listens; `port.endpoint` says where (port 0: the system chooses, and it is put
  /// there). Throws std::system_error.
  Listener(ServerContext& server, ServedPort& port);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void ready(std::uint32_t events) override;

  /// Descriptors may be free again.
  void resume();

  /// The plan's windows begin anew, now.
  void restart();
  /// Somebody has seen that a SYN to this port was refused.
  void count_refused();
  const Endpoint& endpoint() const { return port_.endpoint; }
  /// Journals what is not in the journal yet; nothing comes after it.
  void close();

 private:
  void release();
  void open(int queue);
  void stop_listening();
  void follow_plan();
  std::vector<scenario::Range<Duration>> windows_of_plan() const;
  scenario::ListenAnswer answer_at(Duration since_start) const;
  void fill_queue();
  void watch_refusals(std::uint64_t resets_so_far);
  bool nobody_was_refused() const;
  std::uint64_t dropped() const;
  /// What is told of the port that answers so: what it refused is told once.
  journal::event::Listen told(scenario::ListenAnswer answer);
  void pause(int error);
  void take(int fd, const sockaddr_storage& address);
  void rest_after_accept();
  int queue() const;
  /// Whether a router says at times that there is no way to it.
  bool is_cut_off_at_times() const;

  ServerContext& server_;
  ServedPort& port_;
  const std::optional<scenario::Listen>& plan_;
  int fd_ = -1;     ///< listens; -1 while connections are refused
  int holder_ = -1; ///< keeps the port ours while nothing listens; only where there is a plan
  int filler_ = -1; ///< our own connection that keeps the accept queue full
  Moment start_{};
  std::optional<scenario::ListenAnswer> answer_;
  /// While the port refuses outside a lab: resets_sent() when that began; nothing: it would not show who tried.
  std::optional<std::uint64_t> resets_before_;
  std::uint64_t refused_ = 0; ///< that are not in the journal yet
  Moment refused_first_{};    ///< when the first of these came
  Clock::TimerId plan_timer_ = 0;
  Clock::TimerId accept_timer_ = 0;
  bool paused_ = false; ///< out of descriptors
  bool told_ = false;   ///< of the pause, which lasts until the queue was found empty
};

} // namespace tempfail::net
