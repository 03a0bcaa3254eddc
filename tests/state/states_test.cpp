// The states by themselves: greylist, mailboxes, queue, rate limit.
#include "state/greylist.hpp"
#include "state/mailboxes.hpp"
#include "state/memory_store.hpp"
#include "state/queue.hpp"
#include "state/rate_limit.hpp"
#include "support/catch.hpp"

#include <limits>
#include <map>
#include <string>

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

/// Triplets by their keys.
class Triplets {
 public:
  bool early(std::string_view client, std::string_view sender, std::string_view recipient,
             Moment now) {
    std::string key;
    state::append_triplet_key(settings_, client, sender, recipient, key);
    const state::SeenTriplet seen = state::record_triplet(triplets_[key], settings_, now);
    triplets_[key] = seen.triplet;
    return seen.early;
  }

 private:
  scenario::Greylist settings_ = five_minutes();
  std::map<std::string, state::Triplet> triplets_;
};

/// Mailboxes by their keys.
struct Boxes {
  explicit Boxes(const scenario::Mailboxes& made_of) : settings(made_of) {}
  state::Mailbox& at(std::string_view recipient) {
    std::string key;
    state::append_mailbox_key(recipient, key);
    return boxes[key];
  }
  std::uint64_t free(std::string_view recipient, Moment now) {
    at(recipient) = state::at_first_contact(at(recipient), settings, now);
    return state::free_space_in(at(recipient), settings, now);
  }
  bool busy(std::string_view recipient, Moment now) {
    at(recipient) = state::at_first_contact(at(recipient), settings, now);
    return state::is_busy(at(recipient), settings, now);
  }
  void deliver(std::string_view recipient, std::uint64_t bytes, Moment now) {
    at(recipient) = state::after_delivery(at(recipient), settings, bytes, now);
  }
  scenario::Mailboxes settings;
  std::map<std::string, state::Mailbox> boxes;
};

} // namespace

TEST_CASE("a triplet passes when it comes back late enough", "[greylist]") {
  Triplets greylist;
  CHECK(greylist.early("192.0.2.1", "a@x", "b@y", 10min));
  CHECK(greylist.early("192.0.2.1", "a@x", "b@y", 15min - 1us)); // too early: refused again
  CHECK_FALSE(greylist.early("192.0.2.1", "a@x", "b@y", 15min));
  CHECK_FALSE(greylist.early("192.0.2.1", "a@x", "b@y", 15min));
}

TEST_CASE("triplets differ by network, sender and recipient", "[greylist]") {
  Triplets greylist;
  CHECK(greylist.early("192.0.2.1", "a@x", "b@y", 0s));
  CHECK(greylist.early("192.0.3.1", "a@x", "b@y", 5min));
  CHECK(greylist.early("192.0.2.1", "", "b@y", 5min));
  CHECK(greylist.early("192.0.2.1", "a@x", "c@y", 5min));
  CHECK_FALSE(
      greylist.early("192.0.2.250", "A@x", "B@Y", 5min)); // same /24, letters of either case
}

TEST_CASE("a triplet that comes too late starts anew", "[greylist]") {
  Triplets greylist;
  CHECK(greylist.early("192.0.2.1", "a@x", "b@y", 0s));
  CHECK(greylist.early("192.0.2.1", "a@x", "b@y", 4h + 1us));
  CHECK_FALSE(greylist.early("192.0.2.1", "a@x", "b@y", 4h + 1us + 5min));
}

TEST_CASE("a triplet that passed is forgotten after its lifetime, which each pass renews",
          "[greylist]") {
  Triplets greylist;
  CHECK(greylist.early("::1", "a@x", "b@y", 0s));
  CHECK_FALSE(greylist.early("::1", "a@x", "b@y", 1h));
  CHECK_FALSE(greylist.early("::1", "a@x", "b@y", 25h));
  CHECK_FALSE(greylist.early("::1", "a@x", "b@y", 49h));
  CHECK(greylist.early("::1", "a@x", "b@y", 73h + 1us));
}

TEST_CASE("a full table forgets the triplet unused for longest", "[greylist]") {
  auto scenario = std::make_shared<scenario::Scenario>();
  scenario->server.greylist = five_minutes();
  state::MemoryStore store(scenario, 2);
  store.greylist_early("1", 0s);
  store.greylist_early("2", 0s);
  store.greylist_early("3", 0s);
  CHECK_FALSE(store.greylist_early("2", 5min));
  CHECK(store.greylist_early("1", 5min));
}

TEST_CASE("a mailbox fills, drains, and concerns only who matches", "[mailboxes]") {
  scenario::Mailboxes settings;
  settings.match = "full@*";
  settings.quota = 1000;
  settings.used = 900;
  settings.drain = scenario::Rate{100, 1h};
  Boxes mailboxes(settings);
  CHECK(mailboxes.free("full@a.test", 10h) ==
        100); // the drain starts at this mailbox's first contact
  mailboxes.deliver("FULL@a.test", 250, 10h);
  CHECK(mailboxes.free("full@a.test", 10h) == 0);
  CHECK(mailboxes.free("full@b.test", 10h) == 100);
  CHECK(mailboxes.free("full@a.test", 12h) == 50);
  CHECK(state::applies_to(settings, "full@a.test"));
  CHECK_FALSE(state::applies_to(settings, "other@a.test"));
  settings.quota.reset();
  CHECK(state::free_space_in({}, settings, 10h) == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("a mailbox is busy from its own first contact on", "[mailboxes]") {
  scenario::Mailboxes settings;
  settings.busy = scenario::Range<Duration>{0s, Duration(10min)};
  Boxes mailboxes(settings);
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
  state::QueueSwitch queue;
  const auto stopped = [&](Moment first, Moment now) {
    return state::is_stopped(queue, settings, first, now);
  };
  const auto accept = [&](Moment now) { queue = state::after_message(queue, settings, now); };
  const Moment first = 5h;
  CHECK(stopped(first, first));
  CHECK_FALSE(stopped(first, first + 1h));
  CHECK(stopped(first, first + 2h));
  CHECK_FALSE(stopped(first, first + 3h));

  accept(first + 4h);
  CHECK_FALSE(stopped(first, first + 4h));
  accept(first + 4h);
  CHECK(stopped(first, first + 4h));
  CHECK_FALSE(stopped(first, first + 4h + 30min));
  accept(first + 5h);
  accept(first + 5h); // and again
  CHECK(stopped(first, first + 5h));

  queue.set_by_operator = false;
  CHECK_FALSE(stopped(first, first));
  queue.set_by_operator = true;
  CHECK(stopped(first, first + 100h));
}

TEST_CASE("a rate limit allows a burst and refills evenly", "[rate_limit]") {
  const scenario::RateLimit limit{scenario::Rate{2, 1min}, scenario::KeyedBy::client};
  state::FillLevel drawn;
  CHECK_FALSE(state::is_rate_exceeded(drawn, limit, 0s));
  drawn = state::after_one_more(drawn, limit, 0s);
  drawn = state::after_one_more(drawn, limit, 0s);
  CHECK(state::is_rate_exceeded(drawn, limit, 29s));
  CHECK_FALSE(state::is_rate_exceeded(drawn, limit, 30s));
  drawn = state::after_one_more(drawn, limit, 30s);
  CHECK(state::is_rate_exceeded(drawn, limit, 30s));
}

TEST_CASE("a rate limit is drawn by client, or by all", "[rate_limit]") {
  scenario::RateLimit limit{scenario::Rate{1, 1min}, scenario::KeyedBy::client};
  CHECK(state::rate_key(limit, "a") == "a");
  limit.per = scenario::KeyedBy::scenario;
  CHECK(state::rate_key(limit, "a") == state::rate_key(limit, "b"));
}
