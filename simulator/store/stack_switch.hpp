// What sanitizers have to know of a thread that changes to another stack. Nothing in builds without them.
#pragma once

#include <cstddef>

namespace tempfail::store {

/// One call on a stack of its own, as AddressSanitizer (bounds of the stack) and ThreadSanitizer (a fiber) see it. Each
/// change of stacks has two ends: one is called immediately before it, the other is the first thing after it.
class StackSwitch {
 public:
  StackSwitch() = default;
  ~StackSwitch();
  StackSwitch(const StackSwitch&) = delete;
  StackSwitch& operator=(const StackSwitch&) = delete;

  /// A stack from `lowest` on, `size` in bytes; before the first change.
  void made(const void* lowest, std::size_t size);
  /// On the caller's stack, before and after each change to this one.
  void before_entering();
  void after_return();
  /// On this stack, after each arrival and before each change back to the caller's.
  void after_entering();
  void before_return();
  /// The same before the last one: the call is over.
  void before_last_return();
  /// The call is over and will never be entered again.
  void over();

 private:
  // Unused without a sanitizer.
  [[maybe_unused]] const void* lowest_ = nullptr;
  [[maybe_unused]] std::size_t size_ = 0;
  [[maybe_unused]] const void* callers_lowest_ = nullptr;
  [[maybe_unused]] std::size_t callers_size_ = 0;
  [[maybe_unused]] void* frames_ =
      nullptr; ///< of this stack, which AddressSanitizer keeps beside it
  [[maybe_unused]] void* callers_frames_ = nullptr; ///< of the caller's
  [[maybe_unused]] void* fiber_ = nullptr;          ///< ThreadSanitizer's
  [[maybe_unused]] void* callers_fiber_ = nullptr;
};

} // namespace tempfail::store
