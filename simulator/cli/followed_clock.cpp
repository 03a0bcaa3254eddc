// The store says where the clock is; each server moves its own there.
#include "cli/followed_clock.hpp"

#include "net/clock.hpp"

#include <utility>

namespace tempfail::cli {

FollowedClock::FollowedClock(store::PublishedClock& published, net::ManualClock& own,
                             net::Server& server, journal::Recorder& journal)
    : published_(published) {
  published_.on_moved([&own, &server, &journal](Moment to) {
    control::move_clock(own, server, journal, to - own.now());
  });
}

void FollowedClock::advance(Duration by, std::function<void(const std::string&)> done) {
  published_.advance(by, std::move(done));
}

} // namespace tempfail::cli
