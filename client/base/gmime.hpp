// What both writers of mail need of GMime: its objects as values, its set-up once. Who includes it links GMime.
#pragma once

#include <gmime/gmime.h>

#include <memory>

namespace tempfail::client {

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
template <typename T>
using Owned = std::unique_ptr<T, Unref>;

/// To be called before anything else of GMime.
inline void prepare_gmime() {
  static const bool done = [] {
    g_mime_init();
    return true;
  }();
  static_cast<void>(done);
}

} // namespace tempfail::client
