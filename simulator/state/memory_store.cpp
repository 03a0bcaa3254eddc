// Tables, and the pure functions that say what becomes of a value.
#include "state/memory_store.hpp"

#include "state/rate_limit.hpp"

#include <utility>

namespace tempfail::state {

MemoryStore::MemoryStore(scenario::ScenarioPtr scenario, std::size_t limit)
    : scenario_(std::move(scenario)), limit_(limit), values_(limit) {}

Moment MemoryStore::first_contact(Moment now) {
  if (!values_.first) {
    values_.first = now;
    if (const auto& spool = scenario_->server.spool) values_.spool = Tank(spool->used, now);
  }
  return *values_.first;
}

Connections MemoryStore::connected(std::string_view client, Moment now) {
  first_contact(now);
  ++total_connections_;
  const auto found = connections_.find(client);
  if (found == connections_.end()) {
    connections_.emplace(client, 1);
    return {1, total_connections_};
  }
  return {++found->second, total_connections_};
}

void MemoryStore::disconnected(std::string_view client) {
  const auto found = connections_.find(client);
  if (found == connections_.end()) return;
  --total_connections_;
  if (--found->second == 0) connections_.erase(found);
}

Connections MemoryStore::connections(std::string_view client) {
  const auto found = connections_.find(client);
  return {found == connections_.end() ? 0 : found->second, total_connections_};
}

Count MemoryStore::count(std::string_view key, Since since, Moment now) {
  const Moment first = first_contact(now);
  Count& count = values_.counts.touch(key).value;
  count = counted(count, since == Since::first_contact ? first : now);
  return count;
}

std::uint64_t MemoryStore::draw() {
  return values_.draws++;
}

bool MemoryStore::greylist_early(std::string_view triplet, Moment now) {
  Triplet& known = values_.triplets.touch(triplet).value;
  const SeenTriplet seen = see(known, *scenario_->server.greylist, now);
  known = seen.triplet;
  return seen.early;
}

Tank MemoryStore::spool(Moment now) {
  first_contact(now);
  return values_.spool;
}

Mailbox MemoryStore::mailbox(std::string_view key, Moment now) {
  Mailbox& known = values_.mailboxes.touch(key).value;
  known = found(known, *scenario_->server.mailboxes, now);
  return known;
}

Tank MemoryStore::drawn_rate(std::string_view key) {
  return values_.drawn.touch(key).value;
}

void MemoryStore::draw_rate(std::string_view key, Moment now) {
  Tank& drawn = values_.drawn.touch(key).value;
  drawn = after_draw(drawn, *scenario_->server.rate, now);
}

QueueView MemoryStore::queue(Moment now) {
  return {first_contact(now), values_.queue};
}

void MemoryStore::switch_queue(bool stopped) {
  values_.queue.by_hand = stopped;
}

void MemoryStore::accepted(std::uint64_t bytes, std::span<const std::string> mailboxes,
                           Moment now) {
  first_contact(now);
  const scenario::Server& server = scenario_->server;
  if (server.spool) values_.spool.add(bytes, server.spool->drain, now);
  for (const std::string& key : mailboxes) {
    Mailbox& known = values_.mailboxes.touch(key).value;
    known = filled(known, *server.mailboxes, bytes, now);
  }
  if (server.queue) values_.queue = after_message(values_.queue, *server.queue, now);
}

void MemoryStore::reset() {
  values_ = Values(limit_);
}

} // namespace tempfail::state
