// What a reply or an event means for a recipient.
#pragma once

#include "client/protocol/action.hpp"
#include "client/protocol/reply.hpp"

#include <string_view>

namespace tempfail::client {

/// The judgement that a reply is, by its first digit: known or not, 2 is delivered, 4 is later, 5
/// is no.
Settlement judge(const Reply& reply, Stage stage);

/// A judgement of this side's own: no reply decided it.
Settlement conclude(Fate fate, Failure failure, Stage stage, std::string_view text);

/// The enhanced status of a reply without one. A code of RFC 5321 gives what it stands for; any
/// other 4yz is read the way vendors write it, 432 as 4.3.2.
Status status_of_code(std::uint16_t code, Stage stage);

} // namespace tempfail::client
