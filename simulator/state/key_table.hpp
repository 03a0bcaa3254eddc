// A table by key that never grows beyond its limit: the entry unused for longest gives way.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tempfail::state {

/// How many keys (clients, senders, recipients, triplets) each kind of state remembers.
inline constexpr std::size_t key_limit = 65'536;

/// Values made when they are first asked for. `T` is default-constructible.
template <typename T>
class KeyTable {
 public:
  explicit KeyTable(std::size_t limit = key_limit) : limit_(limit) {}

  struct Slot {
    T& value;
    bool is_new; ///< made by this call
  };

  /// The value of `key`, which thereby is the most recently used one.
  Slot touch(std::string_view key) {
    if (const auto found = index_.find(key); found != index_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return {order_.front().value, false};
    }
    if (index_.size() >= limit_) {
      index_.erase(order_.back().key);
      order_.pop_back();
    }
    order_.push_front(Entry{std::string(key), T{}});
    index_.emplace(order_.front().key, order_.begin());
    return {order_.front().value, true};
  }

  std::size_t size() const { return index_.size(); }

 private:
  struct Entry {
    std::string key;
    T value;
  };
  std::size_t limit_;
  std::list<Entry> order_; // most recently used in front; a node stays where it is in memory
  std::unordered_map<std::string_view, typename std::list<Entry>::iterator> index_;
};

} // namespace tempfail::state
