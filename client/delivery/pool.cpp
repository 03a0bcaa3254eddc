// The pool's bookkeeping. Whoever waits longest is served first, unless his destination has no room.
#include "client/delivery/pool.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <utility>

namespace tempfail::client {

namespace asio = boost::asio;

Pool::Pool(asio::io_context& context, PoolLimits limits, double time_scale)
    : context_(context), limits_(limits), time_scale_(time_scale) {}

Pool::~Pool() {
  for (auto& [name, place] : destinations_) {
    for (Idle& idle : place.idle) {
      idle.lease.session->abandon();
    }
  }
}

Pool::Destination& Pool::destination(const std::string& name) {
  Destination& place = destinations_[name];
  if (place.limit < 1) {
    place.limit = static_cast<double>(limits_.per_destination);
  }
  return place;
}

void Pool::acquire(const std::string& destination, bool fresh, Make make, Granted granted) {
  waiters_.push_back({destination, fresh, std::move(make), std::move(granted)});
  asio::post(context_, [this, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) {
      serve();
    }
  });
}

/// Serves everybody who can be served, in order.
void Pool::serve() {
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    if (try_grant(*waiter)) {
      waiter = waiters_.erase(waiter);
    } else {
      ++waiter;
    }
  }
}

bool Pool::try_grant(Waiter& waiter) {
  Destination& place = destination(waiter.destination);
  Lease lease;
  while (!waiter.fresh && !place.idle.empty() && !lease.session) {
    lease = std::move(place.idle.back().lease);
    place.idle.pop_back();
    if (!lease.session->ready()) {
      lease.session->abandon();
      lease.session.reset();
      --open_;
    }
  }
  if (!lease.session) {
    const bool room = static_cast<double>(place.leased) + 1 <= std::max(1.0, place.limit);
    if (!room || (open_ >= limits_.total && !evict_one_idle())) {
      return false;
    }
    lease = {.session = waiter.make(), .destination = waiter.destination};
    ++open_;
  } else {
    lease.reused = true;
  }
  lease.session->set_events({});
  ++place.leased;
  asio::post(context_,
             [granted = std::move(waiter.granted), lease = std::move(lease)] { granted(lease); });
  return true;
}

void Pool::release(Lease lease, bool keep) {
  const std::string name = lease.destination;
  Destination& place = destination(name);
  ++lease.messages;
  const bool rests = keep && lease.session->ready() &&
                     lease.messages < limits_.messages_per_connection &&
                     place.idle.size() < limits_.idle_per_destination;
  if (rests) {
    --place.leased;
    keep_idle(std::move(lease));
    serve();
    return;
  }
  // The connection counts until it is closed: so the server sees it.
  lease.session->set_events({.closed = [this, name, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) {
      connection_closed(name);
    }
  }});
  if (lease.session->closed()) {
    connection_closed(name);
  } else {
    lease.session->quit();
  }
}

/// A connection that was lent is closed.
void Pool::connection_closed(const std::string& name) {
  --destination(name).leased;
  --open_;
  forget_if_unused(name);
  serve();
}

/// Keeps a connection for the next message, for a while.
void Pool::keep_idle(Lease lease) {
  const std::string name = lease.destination;
  const Session* session = lease.session.get();
  const auto timer = std::make_shared<asio::steady_timer>(context_);
  const auto alive = std::weak_ptr<int>(alive_);
  const auto patience = std::chrono::duration<double, std::milli>(limits_.idle_time) / time_scale_;
  timer->expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(patience));
  timer->async_wait([this, alive, name, session](const boost::system::error_code& error) {
    if (!error && !alive.expired()) {
      drop_idle(name, session, true);
    }
  });
  lease.session->set_events({.failed = {}, .closed = [this, alive, name, session] {
                               if (!alive.expired()) {
                                 drop_idle(name, session, false);
                               }
                             }});
  destination(name).idle.push_back({.lease = std::move(lease), .timer = timer});
}

void Pool::drop_idle(const std::string& name, const Session* session, bool say_quit) {
  Destination& place = destination(name);
  const auto found = std::find_if(place.idle.begin(), place.idle.end(), [&](const Idle& idle) {
    return idle.lease.session.get() == session;
  });
  if (found == place.idle.end()) {
    return;
  }
  const auto keep = std::move(found->lease.session);
  place.idle.erase(found);
  --open_;
  keep->set_events({});
  if (say_quit) {
    keep->quit();
  }
  forget_if_unused(name);
  serve();
}

/// Closes a connection that nobody uses, to make room for another destination.
bool Pool::evict_one_idle() {
  for (auto& [name, place] : destinations_) {
    if (!place.idle.empty()) {
      const auto session = std::move(place.idle.front().lease.session);
      place.idle.pop_front();
      --open_;
      session->set_events({});
      session->quit();
      return true;
    }
  }
  return false;
}

void Pool::close_idle() {
  while (evict_one_idle()) {
  }
}

void Pool::lower_limit(const std::string& name) {
  Destination& place = destination(name);
  place.limit = std::max(
      1.0, std::min(place.limit, static_cast<double>(std::max<std::size_t>(place.leased, 1))) / 2);
}

void Pool::raise_limit(const std::string& name) {
  Destination& place = destination(name);
  place.limit =
      std::min(static_cast<double>(limits_.per_destination), place.limit + 1 / place.limit);
}

double Pool::limit(const std::string& name) const {
  const auto place = destinations_.find(name);
  return place == destinations_.end() ? static_cast<double>(limits_.per_destination)
                                      : place->second.limit;
}

std::size_t Pool::idle() const {
  std::size_t count = 0;
  for (const auto& [name, place] : destinations_) {
    count += place.idle.size();
  }
  return count;
}

/// A destination that is at its full limit and has nothing open needs no memory.
void Pool::forget_if_unused(const std::string& name) {
  const auto place = destinations_.find(name);
  const bool waited_for = std::any_of(waiters_.begin(), waiters_.end(), [&](const Waiter& waiter) {
    return waiter.destination == name;
  });
  if (place != destinations_.end() && place->second.leased == 0 && place->second.idle.empty() &&
      !waited_for && place->second.limit >= static_cast<double>(limits_.per_destination)) {
    destinations_.erase(place);
  }
}

} // namespace tempfail::client
