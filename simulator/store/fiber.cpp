// Switches between stacks.
#include "store/fiber.hpp"

#include <boost/context/protected_fixedsize_stack.hpp>

#include <cassert>
#include <cstddef>
#include <utility>

namespace tempfail::store {
namespace {

namespace context = boost::context;

/// Of each stack; only what is used takes memory. GMime is the one that may need much (a notification is read in a
/// call).
constexpr std::size_t stack_size = std::size_t{1} << 20U;
constexpr std::size_t kept_stacks = 256;

Fiber* running = nullptr;

/// What Boost.Context asks for a stack.
struct FromStacks {
  std::shared_ptr<Stacks> stacks;
  context::stack_context allocate() { return stacks->take(); }
  void deallocate(context::stack_context& stack) { stacks->give_back(stack); }
};

} // namespace

Stacks::~Stacks() {
  for (context::stack_context& stack : free_)
    context::protected_fixedsize_stack(stack_size).deallocate(stack);
}

context::stack_context Stacks::take() {
  if (free_.empty()) return context::protected_fixedsize_stack(stack_size).allocate();
  const context::stack_context stack = free_.back();
  free_.pop_back();
  return stack;
}

void Stacks::give_back(context::stack_context stack) {
  if (free_.size() < kept_stacks)
    free_.push_back(stack);
  else
    context::protected_fixedsize_stack(stack_size).deallocate(stack);
}

Fiber::~Fiber() {
  Fiber* const before = std::exchange(running, this);
  inside_ = {}; // unwinds the stack
  running = before;
}

Fiber* Fiber::current() {
  return running;
}

bool Fiber::run(std::function<void()> work, std::function<void()> when_over) {
  assert(running == nullptr);
  over_ = false;
  inside_ = context::fiber(std::allocator_arg, FromStacks{stacks_},
                           [this, work = std::move(work)](context::fiber&& caller) {
                             outside_ = std::move(caller);
                             work();
                             over_ = true;
                             return std::move(outside_);
                           });
  enter();
  if (!over_) when_over_ = std::move(when_over);
  return over_;
}

void Fiber::enter() {
  running = this;
  inside_ = std::move(inside_).resume();
  running = nullptr;
}

void Fiber::suspend() {
  assert(running == this);
  outside_ = std::move(outside_).resume();
}

void Fiber::resume() {
  enter();
  if (!over_) return;
  const std::function<void()> when_over = std::move(when_over_);
  when_over(); // which may destroy this
}

} // namespace tempfail::store
