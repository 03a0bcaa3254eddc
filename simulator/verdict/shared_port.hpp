// Whose the mail on the shared port is: a session there may have messages of several scenarios, one after the other.
#pragma once

#include "journal/reader.hpp"

#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

namespace tempfail::verdict {

/// Whether the event was at the shared port, before a recipient had chosen a scenario.
bool is_on_shared_port(const journal::Journal& journal, const journal::Event& event);

/// Whether the event is the content of a notification about one of these recipients.
bool reports_on(const journal::Event& event, const std::set<std::string>& recipients);

/// Events on the shared port that belong to another scenario's message, or to a notification that is
/// about none of these recipients. A MAIL that came to nothing may be anybody's, and is none of them.
std::unordered_set<const journal::Event*>
mail_of_other_scenarios(const journal::Journal& journal, std::string_view scenario,
                        const std::set<std::string>& recipients);

} // namespace tempfail::verdict
