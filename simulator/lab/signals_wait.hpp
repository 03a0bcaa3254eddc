// Signals held back while a child is made of this process.
#pragma once

#include <csignal>

namespace tempfail::lab {

/// All signals wait: a handler of this process has no business in its child, which has its handlers at first.
class SignalsWait {
 public:
  SignalsWait() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsWait() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;

 private:
  sigset_t before_{};
};

} // namespace tempfail::lab
