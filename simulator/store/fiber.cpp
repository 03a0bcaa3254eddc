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
  StackSwitch* stack_switch; ///< only asked for a stack while it lives
  context::stack_context allocate() {
    const context::stack_context stack = stacks->take();
    stack_switch->made(static_cast<const char*>(stack.sp) - stack.size, stack.size);
    return stack;
  }
  void deallocate(context::stack_context& stack) { stacks->give_back(stack); }
};

/// Tells of both ends of a change of stacks, the second one also where an exception ends it.
template <void (StackSwitch::*begin)(), void (StackSwitch::*end)()>
class Bracket {
 public:
  explicit Bracket(StackSwitch& stack_switch) : switch_(stack_switch) { (switch_.*begin)(); }
  ~Bracket() { (switch_.*end)(); }
  Bracket(const Bracket&) = delete;
  Bracket& operator=(const Bracket&) = delete;

 private:
  StackSwitch& switch_;
};
/// From the change to the fiber until the change back, on the caller's side.
using Entered = Bracket<&StackSwitch::before_entering, &StackSwitch::after_return>;
/// The fiber's side of a suspension: what wakes it may be the exception that unwinds its stack.
using Left = Bracket<&StackSwitch::before_return, &StackSwitch::after_entering>;
/// A fiber's whole time on its stack: it ends by a return, or is unwound.
using Whole = Bracket<&StackSwitch::after_entering, &StackSwitch::before_last_return>;

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
  if (!inside_) return;
  Fiber* const before = std::exchange(running, this);
  {
    const Entered entered(switch_);
    inside_ = {}; // unwinds the stack
  }
  running = before;
}

Fiber* Fiber::current() {
  return running;
}

bool Fiber::run(std::function<void()> work, std::function<void()> when_over) {
  assert(running == nullptr);
  over_ = false;
  inside_ = context::fiber(std::allocator_arg, FromStacks{stacks_, &switch_},
                           [this, work = std::move(work)](context::fiber&& caller) {
                             const Whole whole(switch_);
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
  {
    const Entered entered(switch_);
    inside_ = std::move(inside_).resume();
  }
  running = nullptr;
  if (over_) switch_.over();
}

void Fiber::suspend() {
  assert(running == this);
  const Left left(switch_);
  outside_ = std::move(outside_).resume();
}

void Fiber::resume() {
  enter();
  if (!over_) return;
  const std::function<void()> when_over = std::move(when_over_);
  when_over(); // which may destroy this
}

} // namespace tempfail::store
