// Puts the states of one scenario together: each exists where the scenario has its block.
#include "state/server_state.hpp"

#include "state/chance.hpp"
#include "state/counters.hpp"
#include "state/greylist.hpp"
#include "state/mailboxes.hpp"
#include "state/queue.hpp"
#include "state/rate_limit.hpp"
#include "state/tank.hpp"
#include "state/window.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

namespace tempfail::state {
namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

/// Lets a map keyed by string be asked with a view, without making a string.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

/// A state where the scenario has settings for it.
template <typename State, typename Settings>
std::optional<State> made_from(const std::optional<Settings>& settings) {
  if (!settings) return std::nullopt;
  return std::optional<State>(std::in_place, *settings);
}

} // namespace

struct ServerState::Impl {
  Impl(scenario::ScenarioPtr the_scenario, std::uint64_t the_seed)
      : scenario(std::move(the_scenario)), seed(the_seed), counters(the_seed),
        mailboxes(made_from<Mailboxes>(scenario->server.mailboxes)),
        greylist(made_from<Greylist>(scenario->server.greylist)),
        queue(made_from<Queue>(scenario->server.queue)),
        rate(made_from<RateLimit>(scenario->server.rate)) {}

  /// Notes the first contact, if this is it, and says when it was.
  Moment first_contact(Moment now) {
    if (!first) {
      first = now;
      if (scenario->server.spool) spool = Tank(scenario->server.spool->used, now);
    }
    return *first;
  }

  scenario::ScenarioPtr scenario;
  std::uint64_t seed;
  std::uint64_t draws = 0;
  std::optional<Moment> first;
  std::unordered_map<std::string, std::uint64_t, TextHash, std::equal_to<>>
      connections; // open ones
  std::uint64_t total_connections = 0;
  Counters counters;
  Tank spool;
  std::optional<Mailboxes> mailboxes;
  std::optional<Greylist> greylist;
  std::optional<Queue> queue;
  std::optional<RateLimit> rate;
};

ServerState::ServerState(scenario::ScenarioPtr scenario, std::uint64_t seed)
    : impl_(std::make_unique<Impl>(std::move(scenario), seed)) {}
ServerState::~ServerState() = default;

void ServerState::reset() {
  auto fresh = std::make_unique<Impl>(impl_->scenario, impl_->seed);
  // Sessions that are open stay open, and will say when they end.
  fresh->connections = std::move(impl_->connections);
  fresh->total_connections = impl_->total_connections;
  impl_ = std::move(fresh);
}

void ServerState::connected(std::string_view client, Moment now) {
  impl_->first_contact(now);
  ++impl_->total_connections;
  const auto found = impl_->connections.find(client);
  if (found != impl_->connections.end())
    ++found->second;
  else
    impl_->connections.emplace(client, 1);
}

void ServerState::disconnected(std::string_view client, Moment /*now*/) {
  const auto found = impl_->connections.find(client);
  if (found == impl_->connections.end()) return;
  --impl_->total_connections;
  if (--found->second == 0) impl_->connections.erase(found);
}

std::uint64_t ServerState::connections(std::string_view client) const {
  const auto found = impl_->connections.find(client);
  return found == impl_->connections.end() ? 0 : found->second;
}

std::uint64_t ServerState::total_connections() const {
  return impl_->total_connections;
}

bool ServerState::fires(const scenario::Rule& rule, const Context& context, Moment now) {
  return impl_->counters.fires(rule, context, impl_->first_contact(now), now);
}

Duration ServerState::draw(Duration min, Duration max) {
  if (max <= min) return min;
  const auto span = static_cast<std::uint64_t>((max - min).count()) + 1;
  const std::uint64_t bits = mix(mix(impl_->seed) + impl_->draws++);
  return min + Duration(static_cast<std::int64_t>(bits % span));
}

std::uint64_t ServerState::spool_free(Moment now) {
  const auto& spool = impl_->scenario->server.spool;
  if (!spool) return unlimited;
  impl_->first_contact(now);
  const std::uint64_t used = impl_->spool.level(spool->drain, now);
  return used >= spool->capacity ? 0 : spool->capacity - used;
}

bool ServerState::spool_full(std::uint64_t incoming, Moment now) {
  // Even a message of unknown size needs room for something.
  return spool_free(now) < std::max<std::uint64_t>(incoming, 1);
}

std::uint64_t ServerState::mailbox_free(std::string_view recipient, Moment now) {
  return impl_->mailboxes ? impl_->mailboxes->free(recipient, now) : unlimited;
}

bool ServerState::mailbox_full(std::string_view recipient, std::uint64_t incoming, Moment now) {
  return mailbox_free(recipient, now) < std::max<std::uint64_t>(incoming, 1);
}

bool ServerState::mailbox_busy(std::string_view recipient, Moment now) {
  return impl_->mailboxes && impl_->mailboxes->busy(recipient, now);
}

bool ServerState::greylist_early(const Context& context, Moment now) {
  return impl_->greylist &&
         impl_->greylist->early(context.client, context.sender, context.recipient, now);
}

bool ServerState::queue_stopped(Moment now) {
  return impl_->queue && impl_->queue->stopped(impl_->first_contact(now), now);
}

bool ServerState::scanner_down(Moment now) {
  const auto& scanner = impl_->scenario->server.scanner;
  return scanner && in_any_window(scanner->down, now - impl_->first_contact(now));
}

bool ServerState::rate_over(std::string_view client, Moment now) {
  return impl_->rate && impl_->rate->over(client, now);
}

void ServerState::draw_rate(std::string_view client, Moment now) {
  if (impl_->rate) impl_->rate->draw(client, now);
}

void ServerState::accepted(std::uint64_t size, const std::vector<std::string>& recipients,
                           Moment now) {
  impl_->first_contact(now);
  if (const auto& spool = impl_->scenario->server.spool) impl_->spool.add(size, spool->drain, now);
  if (impl_->mailboxes)
    for (const std::string& recipient : recipients)
      impl_->mailboxes->deliver(recipient, size, now);
  if (impl_->queue) impl_->queue->accepted(now);
}

void ServerState::stop_queue() {
  if (!impl_->queue) impl_->queue.emplace(scenario::Queue{});
  impl_->queue->stop();
}

void ServerState::start_queue() {
  if (impl_->queue) impl_->queue->start();
}

} // namespace tempfail::state
