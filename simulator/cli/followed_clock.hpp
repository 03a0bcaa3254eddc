// The clock that all servers of a run have, moved by hand at any of them.
#pragma once

#include "control/clock_by_hand.hpp"
#include "store/published_clock.hpp"

namespace tempfail::cli {

/// Moves this server's clock to where that of the run is, from now on.
class FollowedClock final : public control::SharedClock {
 public:
  /// All outlive this. `own` is where `published` is.
  FollowedClock(store::PublishedClock& published, net::ManualClock& own, net::Server& server,
                journal::Recorder& journal);

  void advance(Duration by, std::function<void(const std::string& problem)> done) override;

 private:
  store::PublishedClock& published_;
};

} // namespace tempfail::cli
