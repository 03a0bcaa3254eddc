// Reads by the blocking interface of hiredis: there is nothing else to do meanwhile.
#include "store/stored_run.hpp"

#include "journal/clocks.hpp"
#include "store/redis_link.hpp"
#include "store/run.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <hiredis/hiredis.h>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace tempfail::store {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;
using Reply = std::unique_ptr<redisReply, void (*)(void*)>;

/// Entries that are asked for at once.
constexpr std::string_view entries_at_once = "1000";
/// What is not taken for a clock that is behind (REAL time).
constexpr auto usual_delay = 100ms;
constexpr auto pause_between_looks = 50ms;

std::string_view text_of(const redisReply* reply) {
  return reply->str == nullptr ? std::string_view() : std::string_view(reply->str, reply->len);
}

std::int64_t number_in(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// A connection on which each question waits for its answer.
class Connection {
 public:
  explicit Connection(const Address& address) : redis_(connect(address), &redisFree) {
    if (!redis_) throw std::runtime_error("no memory for a connection");
    if (redis_->err != 0) throw std::runtime_error(redis_->errstr);
    if (redisSetTimeout(redis_.get(), patience) != REDIS_OK)
      throw std::runtime_error("no timeout can be set");
    if (address.database != 0) ask({"SELECT", std::to_string(address.database)});
  }

  /// Never null, and never an error.
  Reply ask(const std::vector<std::string>& words) {
    std::vector<const char*> texts;
    std::vector<std::size_t> lengths;
    for (const std::string& word : words) {
      texts.push_back(word.data());
      lengths.push_back(word.size());
    }
    Reply reply(static_cast<redisReply*>(redisCommandArgv(
                    redis_.get(), static_cast<int>(texts.size()), texts.data(), lengths.data())),
                &freeReplyObject);
    if (!reply)
      throw std::runtime_error(
          redis_->err == REDIS_ERR_IO && errno == EAGAIN ? "no answer within 2 s" : redis_->errstr);
    if (reply->type == REDIS_REPLY_ERROR)
      throw std::runtime_error(std::string(text_of(reply.get())));
    return reply;
  }

 private:
  static constexpr timeval patience{
      std::chrono::duration_cast<std::chrono::seconds>(longest_wait).count(), 0};

  static redisContext* connect(const Address& address) {
    return address.host.empty()
               ? redisConnectUnixWithTimeout(address.path.c_str(), patience)
               : redisConnectWithTimeout(address.host.c_str(), address.port, patience);
  }

  std::unique_ptr<redisContext, void (*)(redisContext*)> redis_;
};

/// What one flush of one server has written.
struct Entry {
  std::string node;
  Moment at{};
  std::string lines;
};

/// An entry has its number, and then names and values.
Entry entry_of(const redisReply& reply) {
  Entry entry;
  if (reply.elements < 2) return entry;
  const redisReply& fields = *reply.element[1];
  for (std::size_t i = 0; i + 1 < fields.elements; i += 2) {
    const std::string_view name = text_of(fields.element[i]);
    const std::string_view value = text_of(fields.element[i + 1]);
    if (name == "node") entry.node = value;
    if (name == "at") entry.at = Moment(number_in(value));
    if (name == "lines") entry.lines = value;
  }
  return entry;
}

/// The least number after this one: "1767225600000-3" is followed by "1767225600000-4".
std::string next_number(std::string_view number) {
  const std::size_t hyphen = number.find('-') + 1;
  return std::string(number.substr(0, hyphen)) +
         std::to_string(std::strtoull(std::string(number.substr(hyphen)).c_str(), nullptr, 10) + 1);
}

/// The entries of a stream, as far as it was read.
class Stream {
 public:
  Stream(Connection& store, std::string key) : store_(store), key_(std::move(key)) {}

  /// Whether there are more than before.
  bool read_on() {
    const std::size_t before = entries_.size();
    while (true) {
      const Reply page =
          store_.ask({"XRANGE", key_, from_, "+", "COUNT", std::string(entries_at_once)});
      if (page->elements == 0) return entries_.size() > before;
      for (std::size_t i = 0; i < page->elements; ++i)
        entries_.push_back(entry_of(*page->element[i]));
      from_ = next_number(text_of(page->element[page->elements - 1]->element[0]));
    }
  }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  Connection& store_;
  std::string key_;
  std::string from_ = "-";
  std::vector<Entry> entries_;
};

journal::Journal merged(const std::vector<Entry>& entries, Duration tolerated) {
  std::vector<journal::Sent> sent;
  sent.reserve(entries.size());
  for (const Entry& entry : entries)
    sent.push_back({entry.node, entry.at});
  const std::vector<Duration> behind = journal::clocks_behind(sent, tolerated);
  journal::Journal journal;
  for (std::size_t i = 0; i < entries.size(); ++i)
    journal.append_entry(entries[i].lines, behind[i]);
  return journal;
}

/// How long something may be on its way: protocol time. A clock that is moved by hand moves in all servers while an
/// entry is on its way, by as much as somebody likes.
Duration tolerated(Connection& store, const std::string& run) {
  const Reply scale = store.ask({"HGET", run + ":clock", "scale"});
  const std::int64_t millionths =
      scale->type == REDIS_REPLY_STRING ? number_in(text_of(scale.get())) : 1'000'000;
  if (millionths == 0) return Duration::max();
  return std::chrono::duration_cast<Duration>(usual_delay) * millionths / 1'000'000;
}

/// What the store knows of a server that is alive.
struct Lease {
  std::int64_t left_ms = 0;    ///< until it runs out
  bool is_all_written = false; ///< nothing that was kept while the store was lost is still to come
};

/// Nothing: it has run out.
std::optional<Lease> lease_of(Connection& store, const std::string& run, const std::string& node) {
  const std::string key = run + ":node:" + node;
  const Reply left = store.ask({"PTTL", key}); // first: what is said with a later renewal is newer
  const Reply value = store.ask({"GET", key});
  if (left->integer < 0) return std::nullopt;
  return Lease{left->integer, text_of(value.get()) == "1"};
}

/// Those of the servers that died. One that is alive renews its lease, and says whether all its events are there; until
/// then nobody knows. One that never says so is as good as dead.
std::vector<std::string> died(Connection& store, const std::string& run,
                              std::vector<std::string> nodes, const std::stop_token& stop) {
  std::vector<std::string> dead;
  std::map<std::string, std::int64_t> left;
  const auto deadline = Steady::now() + 2 * node_lease;
  while (!nodes.empty()) {
    std::erase_if(nodes, [&](const std::string& node) {
      const std::optional<Lease> now = lease_of(store, run, node);
      if (!now) dead.push_back(node);
      const auto before = left.find(node);
      const bool is_renewed =
          now && now->is_all_written && before != left.end() && now->left_ms > before->second;
      if (now && now->is_all_written) left.insert_or_assign(node, now->left_ms);
      if (now && !now->is_all_written)
        left.insert_or_assign(node, 0); // what comes next is a renewal
      return !now || is_renewed;
    });
    if (nodes.empty() || Steady::now() > deadline) break;
    if (stop.stop_requested()) throw std::runtime_error("nobody waits for the journal any more");
    std::this_thread::sleep_for(pause_between_looks); // nothing tells when a lease ends
  }
  dead.insert(dead.end(), nodes.begin(), nodes.end());
  return dead;
}

} // namespace

journal::Journal read_stored_run(const Address& address, const std::string& name,
                                 const std::stop_token& stop) {
  Connection store(address);
  const RunKeys keys(name);
  Stream stream(store, stream_of(keys.run));
  if (!stream.read_on()) {
    const bool is_known = store.ask({"EXISTS", keys.run + ":clock"})->integer != 0;
    throw NoJournal(is_known ? "has no journal of the run " + name +
                                   ": its servers were not started with --journal store"
                             : "has no run named " + name);
  }
  const Duration usual = tolerated(store, keys.run);
  journal::Journal journal = merged(stream.entries(), usual);
  const std::vector<std::string> running = journal.nodes_without_end();
  if (running.empty()) {
    journal.put_in_order();
    journal.note_early_ends();
    return journal;
  }
  const Moment until = journal.last_moment();
  std::vector<std::string> dead = died(store, keys.run, running, stop);
  // Those that only stopped have their end there now; and those that had lost the store have taken back what no client
  // was told.
  if (stream.read_on()) journal = merged(stream.entries(), usual);
  const std::vector<std::string> without_end = journal.nodes_without_end();
  std::erase_if(dead, [&](const std::string& node) {
    return std::find(without_end.begin(), without_end.end(), node) == without_end.end();
  });
  for (const std::string& node : dead)
    journal.end_without_word(node);
  journal.put_in_order();
  // Others may take back what they have written since.
  if (without_end.size() > dead.size()) journal.cut_after(until);
  journal.note_early_ends();
  return journal;
}

} // namespace tempfail::store
