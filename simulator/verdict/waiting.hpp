// Which message a try is for that does not say so: of those it may be for, the one that has been waiting longest.
#pragma once

#include "verdict/observation.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tempfail::verdict {

/// The messages of a case, in heaps by what a transaction says. Unfinished ones come first, then those whose last try
/// ended first (so that what is being tried on another connection comes last), then those that were handed over first.
class WaitingMessages {
 public:
  using IsElsewhere = std::function<bool(const Message&)>;

  /// `messages` outlives it, and grows no more. A message of which `is_elsewhere` says that it is in other hands at the
  /// moment is passed over where another one can be meant; null: nothing is known of that.
  explicit WaitingMessages(std::vector<Message>& messages, IsElsewhere is_elsewhere = nullptr);

  /// Of the messages for this recipient: the sender's own first.
  Message* for_recipient(std::string_view sender, std::string_view recipient);
  Message* of_sender(std::string_view sender);
  Message* of_any();
  /// Of the unfinished ones that the sender knows of: an offer it knows of only when a transaction has shown that.
  Message* for_connection();
  /// The message has been tried.
  void was_tried(const Message& message);

 private:
  struct Place {
    bool finished = false;
    Moment last{}; ///< the end of the last try
    std::size_t index = 0;
    bool operator==(const Place&) const = default;
    auto operator<=>(const Place&) const = default;
  };
  using Heap = std::priority_queue<Place, std::vector<Place>, std::greater<>>;

  Place place_of(std::size_t index) const;
  Message* first(Heap& heap);
  void drop_outdated(Heap& heap) const;
  Message* first_called(const std::string& name);
  void put(std::size_t index);

  std::vector<Message>& messages_;
  IsElsewhere is_elsewhere_;
  std::unordered_map<std::string, Heap> heaps_; ///< by name; a message has a place in several
  std::vector<std::vector<Heap*>> places_;      ///< by message
  Heap all_;
  Heap known_; ///< all but offers that were never tried
};

} // namespace tempfail::verdict
