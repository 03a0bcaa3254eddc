// Puts keys together, asks the store, and decides what its answers mean.
#include "state/server_state.hpp"

#include "state/chance.hpp"
#include "state/counters.hpp"
#include "state/greylist.hpp"
#include "state/memory_store.hpp"
#include "state/rate_limit.hpp"
#include "state/window.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

namespace tempfail::state {
namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

/// Memory that is kept from question to question, and is one question's own meanwhile: where its answer is waited for,
/// others are asked.
template <typename Value>
class Borrowed {
 public:
  explicit Borrowed(Value& owner) : owner_(owner), value_(std::exchange(owner, {})) {}
  ~Borrowed() { owner_ = std::move(value_); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  Value& operator*() { return value_; }

 private:
  Value& owner_;
  Value value_;
};

} // namespace

ServerState::ServerState(scenario::ScenarioPtr scenario, std::uint64_t seed)
    : ServerState(scenario, seed, std::make_unique<MemoryStore>(scenario)) {}

ServerState::ServerState(scenario::ScenarioPtr scenario, std::uint64_t seed,
                         std::unique_ptr<Store> store)
    : scenario_(std::move(scenario)), seed_(seed), store_(std::move(store)) {}

ServerState::~ServerState() = default;

void ServerState::reset() {
  store_->reset();
}

Connections ServerState::connected(std::string_view client, Moment now) {
  return store_->connected(client, now);
}

void ServerState::disconnected(std::string_view client) {
  store_->disconnected(client);
}

std::uint64_t ServerState::connections(std::string_view client) {
  return store_->connections(client).client;
}

std::uint64_t ServerState::total_connections() {
  return store_->connections({}).total;
}

bool ServerState::fires(const scenario::Rule& rule, const KeyContext& context, Moment now) {
  const scenario::Trigger& trigger = rule.trigger;
  if (trigger.always()) return true;
  using scenario::KeyedBy;
  const KeyedBy per = trigger.per.value_or(KeyedBy::envelope);
  Borrowed<std::string> key(key_);
  *key = std::to_string(rule.line);
  *key += ' ';
  append_key(per, context, *key);
  const WindowStart since =
      per == KeyedBy::scenario ? WindowStart::first_contact : WindowStart::now;
  if (per != KeyedBy::connection || store_->node().empty())
    return state::fires(trigger, seed_, rule.line, *key, store_->count(*key, since, now), now);
  // Each server numbers its own connections. What is drawn for one is drawn by that number alone.
  const std::string own = *key + ' ' + std::string(store_->node());
  return state::fires(trigger, seed_, rule.line, *key, store_->count(own, since, now), now);
}

Duration ServerState::random_duration(Duration min, Duration max) {
  return max <= min ? min : random_duration_of(seed_, store_->next_draw_number(), min, max);
}

std::uint64_t ServerState::spool_free(Moment now) {
  const auto& spool = server().spool;
  if (!spool) return unlimited;
  const std::uint64_t used = store_->spool(now).level(spool->drain, now);
  return used >= spool->capacity ? 0 : spool->capacity - used;
}

bool ServerState::spool_full(std::uint64_t incoming, Moment now) {
  // Even a message of unknown size needs room for something.
  return spool_free(now) < std::max<std::uint64_t>(incoming, 1);
}

std::uint64_t ServerState::mailbox_free(std::string_view recipient, Moment now) {
  const auto& mailboxes = server().mailboxes;
  if (!mailboxes || !mailboxes->quota || !applies_to(*mailboxes, recipient)) return unlimited;
  Borrowed<std::string> key(key_);
  (*key).clear();
  append_mailbox_key(recipient, *key);
  return free_space_in(store_->mailbox(*key, now), *mailboxes, now);
}

bool ServerState::mailbox_full(std::string_view recipient, std::uint64_t incoming, Moment now) {
  return mailbox_free(recipient, now) < std::max<std::uint64_t>(incoming, 1);
}

bool ServerState::mailbox_busy(std::string_view recipient, Moment now) {
  const auto& mailboxes = server().mailboxes;
  if (!mailboxes || !mailboxes->busy || !applies_to(*mailboxes, recipient)) return false;
  Borrowed<std::string> key(key_);
  (*key).clear();
  append_mailbox_key(recipient, *key);
  return is_busy(store_->mailbox(*key, now), *mailboxes, now);
}

bool ServerState::greylist_early(const KeyContext& context, Moment now) {
  const auto& greylist = server().greylist;
  if (!greylist) return false;
  Borrowed<std::string> key(key_);
  (*key).clear();
  append_triplet_key(*greylist, context.client, context.sender, context.recipient, *key);
  return store_->greylist_early(*key, now);
}

bool ServerState::queue_stopped(Moment now) {
  static const scenario::Queue none;
  const QueueView view = store_->queue(now);
  return is_stopped(view.queue, server().queue ? *server().queue : none, view.first_contact, now);
}

bool ServerState::scanner_down(Moment now) {
  const auto& scanner = server().scanner;
  return scanner && in_any_window(scanner->down, now - store_->first_contact(now));
}

bool ServerState::rate_over(std::string_view client, Moment now) {
  const auto& rate = server().rate;
  return rate && is_rate_exceeded(store_->used_rate(rate_key(*rate, client)), *rate, now);
}

void ServerState::count_against_rate(std::string_view client, Moment now) {
  if (const auto& rate = server().rate) store_->count_against_rate(rate_key(*rate, client), now);
}

void ServerState::accepted(std::uint64_t size, const std::vector<std::string>& recipients,
                           Moment now) {
  const auto& mailboxes = server().mailboxes;
  if (!mailboxes || !mailboxes->quota) {
    store_->accepted(size, {}, now);
    return;
  }
  Borrowed<std::vector<std::string>> keys(keys_);
  std::size_t count = 0;
  for (const std::string& recipient : recipients) {
    if (!applies_to(*mailboxes, recipient)) continue;
    if (count == (*keys).size()) (*keys).emplace_back();
    std::string& key = (*keys)[count++];
    key.clear();
    append_mailbox_key(recipient, key);
  }
  store_->accepted(size, std::span<const std::string>(*keys).first(count), now);
}

void ServerState::stop_queue() {
  store_->switch_queue(true);
}

void ServerState::start_queue() {
  store_->switch_queue(false);
}

} // namespace tempfail::state
