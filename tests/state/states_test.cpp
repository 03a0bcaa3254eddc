// The states by themselves: greylist, mailboxes, queue, rate limit.
#include "state/greylist.hpp"
#include "state/mailboxes.hpp"
#include "state/queue.hpp"
#include "state/rate_limit.hpp"
#include "support/catch.hpp"

#include <limits>

using namespace tempfail;
using namespace std::chrono_literals;

namespace {

scenario::Greylist five_minutes() {
  scenario::Greylist settings;
  settings.delay = 5min;
  settings.window = 4h;
  settings.lifetime = 24h;
  return settings;
}

} // namespace

TEST_CASE("a triplet passes when it comes back late enough", "[greylist]") {
  state::Greylist greylist(five_minutes());
  CHECK(greylist.early("192.0.2.1", "a@x", "b@y", 10min));
  CHECK(greylist.early("192.0.2.1", "a@x", "b@y", 15min - 1us)); // too early: refused again
  CHECK_FALSE(greylist.early("192.0.2.1", "a@x", "b@y", 15min));
  CHECK_FALSE(greylist.early("192.0.2.1", "a@x", "b@y", 15min));
}

TEST_CASE("triplets differ by network, sender and recipient", "[greylist]") {
  state::Greylist greylist(five_minutes());
  CHECK(greylist.early("192.0.2.1", "a@x", "b@y", 0s));
  CHECK(greylist.early("192.0.3.1", "a@x", "b@y", 5min));
  CHECK(greylist.early("192.0.2.1", "", "b@y", 5min));
  CHECK(greylist.early("192.0.2.1", "a@x", "c@y", 5min));
  CHECK_FALSE(
      greylist.early("192.0.2.250", "A@x", "B@Y", 5min)); // same /24, letters of either case
}

TEST_CASE("a triplet that comes too late starts anew", "[greylist]") {
  state::Greylist greylist(five_minutes());
  CHECK(greylist.early("192.0.2.1", "a@x", "b@y", 0s));
  CHECK(greylist.early("192.0.2.1", "a@x", "b@y", 4h + 1us));
  CHECK_FALSE(greylist.early("192.0.2.1", "a@x", "b@y", 4h + 1us + 5min));
}

TEST_CASE("a triplet that passed is forgotten after its lifetime, which each pass renews",
          "[greylist]") {
  state::Greylist greylist(five_minutes());
  CHECK(greylist.early("::1", "a@x", "b@y", 0s));
  CHECK_FALSE(greylist.early("::1", "a@x", "b@y", 1h));
  CHECK_FALSE(greylist.early("::1", "a@x", "b@y", 25h));
  CHECK_FALSE(greylist.early("::1", "a@x", "b@y", 49h));
  CHECK(greylist.early("::1", "a@x", "b@y", 73h + 1us));
}

TEST_CASE("the greylist forgets the triplet unused for longest when it is full", "[greylist]") {
  state::Greylist greylist(five_minutes(), 2);
  greylist.early("192.0.2.1", "a@x", "1@y", 0s);
  greylist.early("192.0.2.1", "a@x", "2@y", 0s);
  greylist.early("192.0.2.1", "a@x", "3@y", 0s);
  CHECK_FALSE(greylist.early("192.0.2.1", "a@x", "2@y", 5min));
  CHECK(greylist.early("192.0.2.1", "a@x", "1@y", 5min));
}

TEST_CASE("a mailbox fills, drains, and concerns only who matches", "[mailboxes]") {
  scenario::Mailboxes settings;
  settings.match = "full@*";
  settings.quota = 1000;
  settings.used = 900;
  settings.drain = scenario::Rate{100, 1h};
  state::Mailboxes mailboxes(settings);
  CHECK(mailboxes.free("full@a.test", 10h) ==
        100); // the drain starts at this mailbox's first contact
  mailboxes.deliver("FULL@a.test", 250, 10h);
  CHECK(mailboxes.free("full@a.test", 10h) == 0);
  CHECK(mailboxes.free("full@b.test", 10h) == 100);
  CHECK(mailboxes.free("full@a.test", 12h) == 50);
  CHECK(mailboxes.free("other@a.test", 10h) == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("a mailbox is busy from its own first contact on", "[mailboxes]") {
  scenario::Mailboxes settings;
  settings.busy = scenario::Range<Duration>{0s, Duration(10min)};
  state::Mailboxes mailboxes(settings);
  CHECK(mailboxes.busy("a@x", 1h));
  CHECK(mailboxes.busy("b@x", 1h + 9min));
  CHECK_FALSE(mailboxes.busy("a@x", 1h + 10min));
  CHECK(mailboxes.busy("b@x", 1h + 18min));
}

TEST_CASE("a queue is stopped in its windows, after load, and by hand", "[queue]") {
  scenario::Queue settings;
  settings.stopped = {{Duration(0s), Duration(1h)}, {Duration(2h), Duration(3h)}};
  settings.stop_after = 2;
  settings.stop_for = 30min;
  state::Queue queue(settings);
  const Moment first = 5h;
  CHECK(queue.stopped(first, first));
  CHECK_FALSE(queue.stopped(first, first + 1h));
  CHECK(queue.stopped(first, first + 2h));
  CHECK_FALSE(queue.stopped(first, first + 3h));

  queue.accepted(first + 4h);
  CHECK_FALSE(queue.stopped(first, first + 4h));
  queue.accepted(first + 4h);
  CHECK(queue.stopped(first, first + 4h));
  CHECK_FALSE(queue.stopped(first, first + 4h + 30min));
  queue.accepted(first + 5h);
  queue.accepted(first + 5h); // and again
  CHECK(queue.stopped(first, first + 5h));

  queue.start();
  CHECK_FALSE(queue.stopped(first, first));
  queue.stop();
  CHECK(queue.stopped(first, first + 100h));
}

TEST_CASE("a rate limit allows a burst and refills evenly", "[rate_limit]") {
  scenario::RateLimit settings;
  settings.rate = scenario::Rate{2, 1min};
  state::RateLimit limit(settings);
  CHECK_FALSE(limit.over("a", 0s));
  CHECK_FALSE(limit.over("a", 0s)); // asking does not draw
  limit.draw("a", 0s);
  limit.draw("a", 0s);
  CHECK(limit.over("a", 29s));
  CHECK_FALSE(limit.over("b", 29s));
  CHECK_FALSE(limit.over("a", 30s));
  limit.draw("a", 30s);
  CHECK(limit.over("a", 30s));
}

TEST_CASE("a rate limit per scenario is one for all clients", "[rate_limit]") {
  state::RateLimit limit({scenario::Rate{1, 1min}, scenario::Per::scenario});
  limit.draw("a", 0s);
  CHECK(limit.over("b", 0s));
}
