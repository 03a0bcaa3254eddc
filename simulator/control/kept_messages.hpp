// The accepted messages of a server, the latest of them where there are too many.
#pragma once

#include "control/limits.hpp"
#include "control/values.hpp"
#include "session/accepted_mail.hpp"

#include <deque>
#include <memory>

namespace tempfail::control {

struct KeptMessage {
  MessageView view;
  std::string content; ///< lines as they came
};
using KeptMessagePtr = std::shared_ptr<const KeptMessage>;

class KeptMessages {
 public:
  explicit KeptMessages(const Limits& limits) : limits_(limits) {}

  /// The oldest make room for it.
  void add(session::AcceptedMail mail, Moment now, std::int64_t unix_us, std::uint64_t position);
  void clear();
  /// Forgets one, where it is there.
  void erase(std::string_view id);
  /// Null: there is none of this id, or it has made room.
  KeptMessagePtr find(std::string_view id) const;
  const std::deque<KeptMessagePtr>& all() const { return all_; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  const Limits& limits_;
  std::deque<KeptMessagePtr> all_; ///< in the order in which they were accepted
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
};

/// What a message says if it is a delivery status notification; nothing: it is none.
std::optional<NotificationView> notification_in(const KeptMessage& message);

} // namespace tempfail::control
