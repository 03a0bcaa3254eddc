// The parameters of MAIL and RCPT: which are known, which are announced, which values are allowed.
#pragma once

#include "scenario/model.hpp"
#include "session/replies.hpp"
#include "wire/command.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tempfail::session {

/// What MAIL's parameters ask for.
struct MailParameters {
  std::optional<StandardReply> refusal; ///< set when they can't be taken
  bool unannounced = false;             ///< one belongs to an extension that was not announced
  std::uint64_t declared_size = 0;      ///< bytes; 0: not declared
  bool eight_bit = false;
  bool smtputf8 = false;
  std::string_view envelope_id; ///< as it was written, in xtext; empty: none
  std::string requests; ///< RET and ENVID as they were written, with blanks between; empty: none
};
MailParameters read_mail_parameters(std::span<const wire::Parameter> parameters,
                                    const scenario::Extensions& announced);

/// What RCPT's parameters come to: nothing is done with DSN requests but check them (RFC 3461).
struct RcptParameters {
  std::optional<StandardReply> refusal;
  bool unannounced = false;
  std::string requests; ///< NOTIFY and ORCPT as they were written, with blanks between; empty: none
};
RcptParameters read_rcpt_parameters(std::span<const wire::Parameter> parameters,
                                    const scenario::Extensions& announced);

} // namespace tempfail::session
