// What is asked, by kind.
#include "store/operation.hpp"

#include <array>

namespace tempfail::test {
namespace {

using Kind = Operation::Kind;
using namespace std::chrono_literals;

std::string text(Moment moment) {
  return std::to_string(moment.count());
}

std::string text(const state::FillLevel& tank, Moment now) {
  // Levels from one moment to the next show what is begun of a unit as well.
  return std::to_string(tank.level(std::nullopt, now)) + "/" +
         std::to_string(tank.level(scenario::Rate{1, 1us}, now)) + "/" +
         std::to_string(tank.level(scenario::Rate{1, 1us}, now + 1h));
}

std::string text(const state::Connections& open) {
  return std::to_string(open.client) + " of " + std::to_string(open.total);
}

template <typename T>
T one_of(std::mt19937_64& random, std::initializer_list<T> values) {
  return *(values.begin() + static_cast<std::ptrdiff_t>(random() % values.size()));
}

scenario::Rate random_rate(std::mt19937_64& random, bool may_step) {
  scenario::Rate rate;
  rate.amount = one_of<std::uint64_t>(
      random, {1, 3, 1000, 65'536, std::uint64_t{1} << 40U, (std::uint64_t{1} << 53U) - 1});
  rate.per = one_of<Duration>(random, {1us, 7us, 1s, 1min, 45min, 24h * 3660});
  rate.in_steps = may_step && random() % 2 == 0;
  return rate;
}

std::optional<scenario::Rate> random_drain(std::mt19937_64& random) {
  if (random() % 4 == 0) return std::nullopt;
  return random_rate(random, true);
}

} // namespace

scenario::ScenarioPtr random_scenario(std::mt19937_64& random) {
  auto made = std::make_shared<scenario::Scenario>();
  scenario::Server& server = made->server;
  const auto size = [&random] {
    return one_of<std::uint64_t>(
        random, {0, 1, 1000, std::uint64_t{1} << 30U, (std::uint64_t{1} << 52U) + 1});
  };
  server.spool = scenario::Spool{size(), size(), random_drain(random)};
  scenario::Mailboxes boxes;
  boxes.quota = size();
  boxes.used = size();
  boxes.drain = random_drain(random);
  server.mailboxes = boxes;
  scenario::Greylist greylist;
  greylist.delay = one_of<Duration>(random, {0us, 1us, 5min});
  greylist.window = one_of<Duration>(random, {1h, 4h});
  greylist.lifetime = one_of<Duration>(random, {1us, 24h});
  server.greylist = greylist;
  scenario::Queue queue;
  if (random() % 2 == 0) queue.stop_after = 1 + random() % 3;
  queue.stop_for = 30min;
  server.queue = queue;
  server.rate = scenario::RateLimit{random_rate(random, false), scenario::KeyedBy::client};
  return made;
}

Trace random_trace(std::mt19937_64& random, const scenario::Server& server, std::size_t length) {
  const auto pick = [&random](const auto& values) { return values[random() % values.size()]; };
  std::vector<Duration> steps = {0us, 0us, 1us, 1s};
  for (const Duration each :
       {server.greylist->delay, server.greylist->window, server.greylist->lifetime,
        server.queue->stop_for, server.rate->rate.per})
    steps.insert(steps.end(), {each, each - 1us, each + 1us});
  for (const auto& drain : {server.spool->drain, server.mailboxes->drain})
    if (drain) steps.insert(steps.end(), {drain->per, drain->per - 1us, drain->per / 3});
  std::erase_if(steps, [](Duration step) { return step < 0us; });

  std::vector<Kind> kinds;
  for (std::size_t i = 0; i < 3; ++i)
    kinds.push_back(static_cast<Kind>(random() % (static_cast<std::size_t>(Kind::last) + 1)));
  std::vector<std::string> keys = {"a", "b", "192.0.2.1", "<> x@y.test", "-1", ""};
  keys.resize(1 + random() % keys.size());

  Trace trace;
  Moment now = one_of<Moment>(random, {0us, 1h, 24h * 366 * 10});
  for (std::size_t i = 0; i < length; ++i) {
    now += pick(steps);
    Operation one;
    one.kind = random() % 8 == 0 ? Kind::accepted : pick(kinds);
    one.now = now;
    // Sessions of one server ask with moments that are not in order where one had to wait.
    if (random() % 16 == 0 && now >= 1s) one.now -= 1s;
    one.key = pick(keys);
    one.amount = one_of<std::uint64_t>(random, {0, 1, 2, 700, 65'537, std::uint64_t{1} << 33U});
    trace.push_back(std::move(one));
  }
  return trace;
}

std::string answer(state::Store& store, const Operation& it) {
  switch (it.kind) {
  case Kind::first_contact: return text(store.first_contact(it.now));
  case Kind::connected: return text(store.connected(it.key, it.now));
  case Kind::disconnected: store.disconnected(it.key); return {};
  case Kind::connections: return text(store.connections(it.key));
  case Kind::count: {
    const auto since = it.amount == 0 ? state::WindowStart::now : state::WindowStart::first_contact;
    const state::RuleCount count = store.count(it.key, since, it.now);
    return std::to_string(count.times) + " since " + text(count.since);
  }
  case Kind::draw: return std::to_string(store.next_draw_number());
  case Kind::greylist: return store.greylist_early(it.key, it.now) ? "early" : "passes";
  case Kind::spool: return text(store.spool(it.now), it.now);
  case Kind::mailbox: {
    const state::Mailbox box = store.mailbox(it.key, it.now);
    return text(box.used, it.now) + " since " + text(box.first_contact);
  }
  case Kind::rate: return text(store.used_rate(it.key), it.now);
  case Kind::draw_rate: store.count_against_rate(it.key, it.now); return {};
  case Kind::queue: {
    const state::QueueView view = store.queue(it.now);
    const auto& hand = view.queue.set_by_operator;
    return text(view.first_contact) +
           (!hand   ? " free"
            : *hand ? " stopped"
                    : " started") +
           ", " + std::to_string(view.queue.accepted) + " since " +
           (view.queue.stopped_at ? text(*view.queue.stopped_at) : "never");
  }
  case Kind::switch_queue: store.switch_queue(it.amount == 0); return {};
  case Kind::accepted: {
    const std::vector<std::string> keys = {it.key, "c"};
    store.accepted(it.amount, std::span(keys).first(it.amount % 3), it.now);
    return {};
  }
  case Kind::reset: store.reset(); return {};
  }
  return {};
}

std::string to_string(const Trace& trace) {
  constexpr std::array names = {"first_contact", "connected", "disconnected", "connections",
                                "count",         "draw",      "greylist",     "spool",
                                "mailbox",       "rate",      "draw_rate",    "queue",
                                "switch_queue",  "accepted",  "reset"};
  std::string all;
  for (const Operation& one : trace)
    all += std::string("  ") + names[static_cast<std::size_t>(one.kind)] + " at " + text(one.now) +
           ", key '" + one.key + "', amount " + std::to_string(one.amount) + "\n";
  return all;
}

} // namespace tempfail::test
