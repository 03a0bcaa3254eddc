// What becomes of acceptances that no client was told of.
#pragma once

#include <string>
#include <string_view>

namespace tempfail::journal {

/// What the events say that stand in their places.
inline constexpr std::string_view not_accepted = "not accepted: the journal could not be written";

/// Each event::Accepted in these lines, as encode() has written them, becomes an event::Note with the same number.
void withdraw_acceptances(std::string& lines);

} // namespace tempfail::journal
