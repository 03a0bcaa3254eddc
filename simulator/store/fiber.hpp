// A call on a stack of its own, which can stop in its middle and be taken up again (Boost.Context).
#pragma once

#include "state/stores.hpp"
#include "store/stack_switch.hpp"

#include <boost/context/fiber.hpp>
#include <boost/context/stack_context.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace tempfail::store {

/// Stacks that are kept for the next call. Each ends at a page that can't be written.
class Stacks {
 public:
  Stacks() = default;
  ~Stacks();
  Stacks(const Stacks&) = delete;
  Stacks& operator=(const Stacks&) = delete;

  boost::context::stack_context take();
  void give_back(boost::context::stack_context stack);

 private:
  std::vector<boost::context::stack_context> free_;
};

/// Outlived by its stacks. Not thread-safe.
class Fiber final : public state::SuspendableCall {
 public:
  explicit Fiber(std::shared_ptr<Stacks> stacks) : stacks_(std::move(stacks)) {}
  ~Fiber() override;

  bool run(std::function<void()> work, std::function<void()> when_over) override;

  /// The one that runs; null: none does.
  static Fiber* current();
  /// Called from within: the fiber is suspended until resume() is called from without.
  void suspend();
  /// May destroy the fiber, by its `when_over`.
  void resume();

 private:
  void enter();

  std::shared_ptr<Stacks> stacks_;
  StackSwitch switch_;           ///< outlives the stack, which is unwound in the destructor
  boost::context::fiber inside_; ///< what is suspended
  boost::context::fiber outside_;
  std::function<void()> when_over_;
  bool over_ = false;
};

} // namespace tempfail::store
