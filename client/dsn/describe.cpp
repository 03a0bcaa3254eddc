// Status codes in words.
#include "client/dsn/notification.hpp"

#include <array>

namespace tempfail::client {
namespace {

struct Description {
  std::uint16_t subject;
  std::uint16_t detail;
  std::string_view text;
};
/// RFC 3463 section 3 and the registry's later entries, shortened.
constexpr std::array descriptions{
    Description{1, 1, "no such mailbox"},
    Description{1, 2, "no such domain"},
    Description{1, 3, "bad mailbox syntax"},
    Description{1, 6, "mailbox has moved"},
    Description{1, 10, "the domain accepts no mail"},
    Description{2, 0, "mailbox problem, or a communication problem during transmission"},
    Description{2, 1, "mailbox disabled, or service not available"},
    Description{2, 2, "mailbox full"},
    Description{2, 3, "message larger than the mailbox accepts"},
    Description{3, 0, "problem in the mail system"},
    Description{3, 1, "mail system full"},
    Description{3, 2, "system not accepting network messages"},
    Description{3, 4, "message too big for the system"},
    Description{4, 1, "no answer from the host"},
    Description{4, 2, "connection lost before the message was delivered"},
    Description{4, 3, "name server failure"},
    Description{4, 4, "unable to route"},
    Description{4, 5, "mail system congestion"},
    Description{4, 6, "routing loop"},
    Description{4, 7, "delivery time expired in the queue"},
    Description{4, 9, "routing error"},
    Description{5, 0, "protocol error"},
    Description{5, 1, "invalid command"},
    Description{5, 2, "syntax error"},
    Description{5, 3, "too many recipients"},
    Description{5, 4, "invalid command arguments"},
    Description{6, 3, "conversion required but not supported"},
    Description{6, 5, "conversion failed"},
    Description{6, 7, "non-ASCII addresses not supported"},
    Description{7, 0, "refused by security or policy"},
    Description{7, 1, "delivery not authorised, or temporarily refused"},
    Description{7, 5, "cryptographic failure"},
    Description{7, 8, "authentication credentials invalid"},
};

} // namespace

std::string_view describe(const Status& status) {
  for (const Description& entry : descriptions) {
    if (entry.subject == status.subject && entry.detail == status.detail) return entry.text;
  }
  switch (status.class_digit) {
  case 2: return "success";
  case 4: return "transient failure";
  case 5: return "permanent failure";
  default: return "unknown";
  }
}

} // namespace tempfail::client
