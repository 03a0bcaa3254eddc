// Where the states of all scenarios of a server are kept, when that is not its own memory.
#pragma once

#include "scenario/model.hpp"
#include "state/store.hpp"

#include <functional>
#include <memory>
#include <string_view>

namespace tempfail::state {

/// A call to a session whose questions go to a remote store: where an answer is waited for, the call is suspended, and
/// the thread goes on with something else.
class SuspendableCall {
 public:
  virtual ~SuspendableCall() =
      default; ///< a call that is suspended ends: what is on its stack is destroyed
  SuspendableCall(const SuspendableCall&) = delete;
  SuspendableCall& operator=(const SuspendableCall&) = delete;

  /// Runs `work`, which lets no exception through and runs no other call. True: it is over. False: it
  /// is suspended, and `when_over` will be called once it is over, never from within this.
  virtual bool run(std::function<void()> work, std::function<void()> when_over) = 0;

 protected:
  SuspendableCall() = default;
};

/// A remote store. Everything on one thread.
class Stores {
 public:
  virtual ~Stores() = default;
  Stores(const Stores&) = delete;
  Stores& operator=(const Stores&) = delete;

  /// The state that all servers of the run have under `key`. Its questions are asked in a Call.
  virtual std::unique_ptr<Store> open(scenario::ScenarioPtr scenario, std::string_view key) = 0;
  virtual std::unique_ptr<SuspendableCall> make_call() = 0;

 protected:
  Stores() = default;
};

} // namespace tempfail::state
