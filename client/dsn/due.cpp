// Who is told what.
#include "client/dsn/notification.hpp"

namespace tempfail::client {

std::string_view name(DsnAction action) {
  switch (action) {
  case DsnAction::failed: return "failed";
  case DsnAction::delayed: return "delayed";
  case DsnAction::relayed: return "relayed";
  }
  return "failed";
}

bool notification_wanted(std::string_view sender, const Recipient& recipient, DsnAction action) {
  if (sender.empty()) return false;
  const unsigned notify = recipient.notify;
  if ((notify & notify_never) != 0) return false;
  switch (action) {
  case DsnAction::failed: return notify == notify_default || (notify & notify_failure) != 0;
  case DsnAction::delayed: return notify == notify_default || (notify & notify_delay) != 0;
  case DsnAction::relayed: return (notify & notify_success) != 0;
  }
  return false;
}

} // namespace tempfail::client
