// Questions as arguments of functions, and their answers as values.
#include "store/redis_store.hpp"

#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>
#include <vector>

namespace tempfail::store {
namespace {

/// Whole numbers are exact below this in the functions, which count in doubles.
constexpr std::uint64_t first_inexact = std::uint64_t{1} << 53U;

/// A number as text, where it is needed.
class Text {
 public:
  explicit Text(std::uint64_t number) {
    end_ = std::to_chars(text_.data(), text_.data() + text_.size(), number).ptr;
  }
  /// Moments count from the run's start. 285 years of protocol time are too many.
  explicit Text(Moment moment) : Text(static_cast<std::uint64_t>(moment.count())) {
    if (moment.count() < 0 || static_cast<std::uint64_t>(moment.count()) >= first_inexact)
      throw std::range_error("a moment beyond 2^53 microseconds can't be kept in the store");
  }
  operator std::string_view() const {
    return {text_.data(), static_cast<std::size_t>(end_ - text_.data())};
  }

 private:
  std::array<char, 24> text_{};
  char* end_;
};

/// How a fill level drains, as the functions are told; "0": it does not.
struct DrainText {
  explicit DrainText(const std::optional<scenario::Rate>& drain)
      : amount(drain ? drain->amount : 0), per(drain ? drain->per : Moment{}),
        in_steps(drain && drain->in_steps ? "1" : "0") {}
  Text amount;
  Text per;
  std::string_view in_steps;
};

Moment moment_of(std::int64_t number) {
  return Moment(number);
}

state::FillLevel fill_level_of(std::int64_t level, std::int64_t since) {
  return {static_cast<std::uint64_t>(level), moment_of(since)};
}

void check(const scenario::Scenario& scenario) {
  const auto check_amount = [&scenario](std::string_view what, std::uint64_t amount) {
    if (amount >= first_inexact)
      throw std::invalid_argument(scenario.name + ": " + std::string(what) + " of " +
                                  std::to_string(amount) +
                                  " is too large for a store; allowed: below 2^53");
  };
  const auto check_drain = [&](std::string_view what, const std::optional<scenario::Rate>& drain) {
    if (drain) check_amount(what, drain->amount);
  };
  const scenario::Server& server = scenario.server;
  if (server.spool) {
    check_amount("spool.capacity", server.spool->capacity);
    check_amount("spool.used", server.spool->used);
    check_drain("spool.drain", server.spool->drain);
  }
  if (server.mailboxes) {
    check_amount("mailboxes.quota", server.mailboxes->quota.value_or(0));
    check_amount("mailboxes.used", server.mailboxes->used);
    check_drain("mailboxes.drain", server.mailboxes->drain);
  }
  if (server.queue) check_amount("queue.stop_after", server.queue->stop_after.value_or(0));
  if (server.rate) check_amount("rate", server.rate->rate.amount);
}

} // namespace

RedisStore::RedisStore(RedisLink& link, const RunKeys& keys, scenario::ScenarioPtr scenario,
                       std::string_view key, OpenStores& all)
    : link_(link), keys_(keys), scenario_(std::move(scenario)), all_(all),
      base_(keys.run + ":state:" + std::string(key)) {
  check(*scenario_);
  all_.insert(this);
}

RedisStore::~RedisStore() {
  all_.erase(this);
}

Moment RedisStore::first_contact(Moment now) {
  return moment_of(ask(Function::first_contact, Text(now))[0]);
}

state::Connections RedisStore::connected(std::string_view client, Moment now) {
  ++total_open_;
  ++open_.try_emplace(std::string(client), 0).first->second;
  /// A session that never hears of it will not say when it ends.
  struct Undo {
    RedisStore& store;
    std::string_view client;
    bool is_needed = true;
    ~Undo() {
      if (is_needed) store.disconnected(client);
    }
  } undo{*this, client};
  const Numbers open = ask(Function::connected, Text(now), keys_.node, client);
  undo.is_needed = false;
  return {static_cast<std::uint64_t>(open[0]), static_cast<std::uint64_t>(open[1])};
}

void RedisStore::disconnected(std::string_view client) {
  const auto found = open_.find(client);
  if (found == open_.end()) return;
  --total_open_;
  if (--found->second == 0) open_.erase(found);
  post(Function::disconnected, keys_.node, client); // a store that is lost is told by restore()
}

state::Connections RedisStore::connections(std::string_view client) {
  const Numbers open = ask(Function::connections, keys_.node, client);
  return {static_cast<std::uint64_t>(open[0]), static_cast<std::uint64_t>(open[1])};
}

state::RuleCount RedisStore::count(std::string_view key, state::WindowStart since, Moment now) {
  const std::string_view from_first = since == state::WindowStart::first_contact ? "1" : "0";
  const Numbers count = ask(Function::count, Text(now), from_first, key);
  return {static_cast<std::uint64_t>(count[0]), moment_of(count[1])};
}

std::uint64_t RedisStore::next_draw_number() {
  return static_cast<std::uint64_t>(ask(Function::draw)[0]);
}

bool RedisStore::greylist_early(std::string_view triplet, Moment now) {
  const scenario::Greylist& greylist = *server().greylist;
  return ask(Function::greylist, Text(now), triplet, Text(greylist.delay), Text(greylist.window),
             Text(greylist.lifetime))[0] == 1;
}

state::FillLevel RedisStore::spool(Moment now) {
  const Numbers numbers = ask(Function::spool, Text(now), Text(server().spool->used));
  return fill_level_of(numbers[0], numbers[1]);
}

state::Mailbox RedisStore::mailbox(std::string_view key, Moment now) {
  const Numbers box = ask(Function::mailbox, Text(now), key, Text(server().mailboxes->used));
  return {true, fill_level_of(box[0], box[1]), moment_of(box[2])};
}

state::FillLevel RedisStore::used_rate(std::string_view key) {
  const Numbers numbers = ask(Function::rate, key);
  return fill_level_of(numbers[0], numbers[1]);
}

void RedisStore::count_against_rate(std::string_view key, Moment now) {
  const DrainText refill(server().rate->rate);
  ask(Function::draw_rate, Text(now), key, refill.amount, refill.per, refill.in_steps);
}

state::QueueView RedisStore::queue(Moment now) {
  const Numbers answer = ask(Function::queue, Text(now));
  state::QueueView view;
  view.first_contact = moment_of(answer[0]);
  if (answer[1] >= 0) view.queue.set_by_operator = answer[1] == 1;
  view.queue.accepted = static_cast<std::uint64_t>(answer[2]);
  if (answer[3] >= 0) view.queue.stopped_at = moment_of(answer[3]);
  return view;
}

void RedisStore::switch_queue(bool stopped) {
  if (!post(Function::switch_queue, stopped ? "1" : "0"))
    throw state::StoreLost("the queue is as it was");
}

void RedisStore::accepted(std::uint64_t bytes, std::span<const std::string> mailboxes, Moment now) {
  const auto& spool = server().spool;
  const auto& boxes = server().mailboxes;
  const Text at(now);
  const Text size(bytes);
  const Text spool_used(spool ? spool->used : 0);
  const DrainText spool_drain(spool ? spool->drain : std::nullopt);
  const Text stop_after(server().queue ? server().queue->stop_after.value_or(0) : 0);
  const Text box_used(boxes ? boxes->used : 0);
  const DrainText box_drain(boxes ? boxes->drain : std::nullopt);
  std::vector<std::string_view> words = {keys_.keep,
                                         at,
                                         size,
                                         spool ? "1" : "0",
                                         spool_used,
                                         spool_drain.amount,
                                         spool_drain.per,
                                         spool_drain.in_steps,
                                         stop_after,
                                         box_used,
                                         box_drain.amount,
                                         box_drain.per,
                                         box_drain.in_steps};
  words.insert(words.end(), mailboxes.begin(), mailboxes.end());
  link_.ask(Function::accepted, base_, keys_.run, words);
}

void RedisStore::reset() {
  if (!post(Function::reset)) throw state::StoreLost("nothing was reset");
}

void RedisStore::restore() {
  std::vector<std::string> numbers = {std::to_string(total_open_)};
  for (const auto& [client, count] : open_)
    numbers.push_back(std::to_string(count));
  std::vector<std::string_view> words = {keys_.keep, keys_.node, numbers.front()};
  std::size_t next = 1;
  for (const auto& [client, count] : open_) {
    words.push_back(client);
    words.push_back(numbers[next++]);
  }
  link_.post(Function::restore, base_, keys_.run, words);
}

} // namespace tempfail::store
