// A journal that nobody asked for.
#pragma once

#include "journal/recorder.hpp"

namespace tempfail::journal {

/// Events go nowhere.
class NullRecorder final : public Recorder {
 public:
  void record(const Event& /*event*/) override {}
  void flush() override {}
};

} // namespace tempfail::journal
