// The table of former names.
#include "scenario/former_names.hpp"

#include <array>

namespace tempfail::scenario {
namespace {

constexpr auto table = std::to_array<FormerName>({
    {"accepted-and-closed", "reply-lost-close"},
    {"accepted-and-reset", "reply-lost-reset"},
    {"auth-fails-for-good", "auth-fails-permanently"},
    {"auth-fails-for-now", "auth-fails-temporarily"},
    {"code-page-missing-for-good", "code-page-missing-permanent"},
    {"ehlo-refused-for-now", "ehlo-refused-temporarily"},
    {"hop-count-exceeded-for-now", "hop-count-exceeded-temporary"},
    {"mailbox-full-for-good", "mailbox-full-permanent"},
    {"no-answer-for-good", "no-answer-from-next-host-permanent"},
    {"now-and-then", "recipients-deferred-at-random"},
    {"tls-closed-after-final-dot", "tls-reply-lost-close"},
    {"tls-cut-after-final-dot", "tls-reply-lost-no-close-notify"},
    {"tls-cut-after-mail", "tls-no-close-notify-after-mail"},
    {"tls-cut-in-content", "tls-no-close-notify-in-content"},
    {"tls-reset-after-final-dot", "tls-reply-lost-reset"},
});

} // namespace

std::span<const FormerName> former_names() {
  return table;
}

std::string_view current_name(std::string_view name) {
  for (const FormerName& one : table)
    if (one.former == name) return one.current;
  return name;
}

} // namespace tempfail::scenario
