// Signals that are blocked while this process makes a child.
#pragma once

#include <csignal>

namespace tempfail::lab {

/// Blocks all signals: a handler of this process must not run in its child, which inherits the handlers.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_{};
};

} // namespace tempfail::lab
