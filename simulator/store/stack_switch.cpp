// Tells the sanitizers. gcc says with macros which one is there, clang with __has_feature.
#include "store/stack_switch.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEMPFAIL_ADDRESS_SANITIZER
#endif
#if __has_feature(thread_sanitizer)
#define TEMPFAIL_THREAD_SANITIZER
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define TEMPFAIL_ADDRESS_SANITIZER
#endif
#ifdef __SANITIZE_THREAD__
#define TEMPFAIL_THREAD_SANITIZER
#endif

#ifdef TEMPFAIL_ADDRESS_SANITIZER
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef TEMPFAIL_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

namespace tempfail::store {

#ifdef TEMPFAIL_ADDRESS_SANITIZER

StackSwitch::~StackSwitch() = default;

void StackSwitch::made(const void* lowest, std::size_t size) {
  lowest_ = lowest;
  size_ = size;
  frames_ = nullptr;
}

void StackSwitch::before_entering() {
  __sanitizer_start_switch_fiber(&callers_frames_, lowest_, size_);
}

void StackSwitch::after_return() {
  __sanitizer_finish_switch_fiber(callers_frames_, nullptr, nullptr);
}

void StackSwitch::after_entering() {
  __sanitizer_finish_switch_fiber(frames_, &callers_lowest_, &callers_size_);
}

void StackSwitch::before_return() {
  __sanitizer_start_switch_fiber(&frames_, callers_lowest_, callers_size_);
}

/// Nothing is kept of a stack whose call is over.
void StackSwitch::before_last_return() {
  __sanitizer_start_switch_fiber(nullptr, callers_lowest_, callers_size_);
}

void StackSwitch::over() {}

#elif defined(TEMPFAIL_THREAD_SANITIZER)

StackSwitch::~StackSwitch() {
  over();
}

void StackSwitch::made(const void*, std::size_t) {
  over();
  fiber_ = __tsan_create_fiber(0);
}

void StackSwitch::before_entering() {
  callers_fiber_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(fiber_, 0);
}

void StackSwitch::before_return() {
  __tsan_switch_to_fiber(callers_fiber_, 0);
}

void StackSwitch::before_last_return() {
  before_return();
}

void StackSwitch::after_return() {}
void StackSwitch::after_entering() {}

void StackSwitch::over() {
  if (fiber_ != nullptr) __tsan_destroy_fiber(fiber_);
  fiber_ = nullptr;
}

#else

StackSwitch::~StackSwitch() = default;
void StackSwitch::made(const void*, std::size_t) {}
void StackSwitch::before_entering() {}
void StackSwitch::after_return() {}
void StackSwitch::after_entering() {}
void StackSwitch::before_return() {}
void StackSwitch::before_last_return() {}
void StackSwitch::over() {}

#endif

} // namespace tempfail::store
