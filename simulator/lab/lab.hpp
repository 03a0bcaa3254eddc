// A sealed network of two sides joined by a cable: the simulator's, where hosts have their addresses, and the sender's,
// where commands run. Each is a network namespace; the sender's is also one of mounts, host name, IPC and processes.
// Nothing leads out of it.
#pragma once

#include "lab/files.hpp"
#include "lab/frames.hpp"
#include "lab/plan.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace tempfail::lab {

/// How a child of this process gets to the sender's side.
class SenderSide {
 public:
  virtual ~SenderSide() = default;
  /// As fork(): but the child has a process number of the sender's side. -1 with errno when it fails.
  virtual pid_t fork() const = 0;
  /// Called in such a child, where nothing but system calls may be made: moves it to the sender's side, into
  /// `directory`. 0, or errno.
  virtual int enter(const char* directory) const noexcept = 0;
};

class Lab final : public SenderSide {
 public:
  /// This process must be able to (become_able_to_make_labs()). Throws Unavailable.
  explicit Lab(const SenderSettings& settings = default_settings());
  /// As end_sender().
  ~Lab() override;
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  static SenderSettings default_settings();

  /// The simulator's side, as a descriptor of its network namespace; stays ours.
  int network_namespace() const;
  /// The simulator's side has this address from now on. Throws Unavailable.
  void add_host(std::string_view address);
  /// A host's address can't be reached any more, or (nothing) it can again. Throws Unavailable.
  void set_unreachable(std::string_view address, std::optional<Unreachability> unreachability);
  /// What was tried over the cable: readable when there is something. Somebody must look, or nobody answers for the
  /// addresses where nobody is.
  int watch_descriptor() const;
  /// Answers what was tried since the last time, and tells what was refused by hosts, and on the way to them.
  void watch(const std::function<void(const RefusedAttempt&)>& refused);
  /// Ends whatever still runs on the sender's side (SIGKILL). Nothing can be started there any more.
  /// Children that were forked into it must have been waited for.
  void end_sender();
  /// Whether the sides have IPv6 too: kernels can be without.
  bool has_ipv6() const;
  /// Process 1 of the sender's side, until that is ended.
  pid_t first_process() const;

  pid_t fork() const override;
  int enter(const char* directory) const noexcept override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace tempfail::lab
