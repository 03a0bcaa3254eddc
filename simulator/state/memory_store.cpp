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
    if (const auto& spool = scenario_->server.spool) values_.spool = FillLevel(spool->used, now);
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

RuleCount MemoryStore::count(std::string_view key, WindowStart since, Moment now) {
  const Moment first = first_contact(now);
  RuleCount& count = values_.counts.touch(key).value;
  count = count_once_more(count, since == WindowStart::first_contact ? first : now);
  return count;
}

std::uint64_t MemoryStore::next_draw_number() {
  return values_.draws++;
}

bool MemoryStore::greylist_early(std::string_view triplet, Moment now) {
  Triplet& known = values_.triplets.touch(triplet).value;
  const SeenTriplet seen = record_triplet(known, *scenario_->server.greylist, now);
  known = seen.triplet;
  return seen.early;
}

FillLevel MemoryStore::spool(Moment now) {
  first_contact(now);
  return values_.spool;
}

Mailbox MemoryStore::mailbox(std::string_view key, Moment now) {
  Mailbox& known = values_.mailboxes.touch(key).value;
  known = at_first_contact(known, *scenario_->server.mailboxes, now);
  return known;
}

FillLevel MemoryStore::used_rate(std::string_view key) {
  return values_.drawn.touch(key).value;
}

void MemoryStore::count_against_rate(std::string_view key, Moment now) {
  FillLevel& drawn = values_.drawn.touch(key).value;
  drawn = after_one_more(drawn, *scenario_->server.rate, now);
}

QueueView MemoryStore::queue(Moment now) {
  return {first_contact(now), values_.queue};
}

void MemoryStore::switch_queue(bool stopped) {
  values_.queue.set_by_operator = stopped;
}

void MemoryStore::accepted(std::uint64_t bytes, std::span<const std::string> mailboxes,
                           Moment now) {
  first_contact(now);
  const scenario::Server& server = scenario_->server;
  if (server.spool) values_.spool.add(bytes, server.spool->drain, now);
  for (const std::string& key : mailboxes) {
    Mailbox& known = values_.mailboxes.touch(key).value;
    known = after_delivery(known, *server.mailboxes, bytes, now);
  }
  if (server.queue) values_.queue = after_message(values_.queue, *server.queue, now);
}

void MemoryStore::reset() {
  values_ = Values(limit_);
}

} // namespace tempfail::state
