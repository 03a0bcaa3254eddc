// Reads what a sender is handed over with a message besides the message itself: the envelope's sender, and requests.
#pragma once

#include "scenario/model.hpp"
#include "scenario/read_value.hpp"

namespace tempfail::scenario {

/// `sender`, `notify`, `ret`, `envid`, `orcpt` and `requiretls` below `test`.
void read_esmtp_requests(const Map& map, TestPlan& plan, Mistakes& mistakes);

} // namespace tempfail::scenario
