// What a server that shares its journal can't do.
#include "control/run_journal.hpp"

#include "control/refusal.hpp"

namespace tempfail::control {

void require_own_id(const RunJournal* run, std::string_view id) {
  if (run != nullptr && id.empty())
    throw Refusal(RefusalKind::invalid,
                  "messages of different servers of a run can't be distinguished by their numbers",
                  "handovers with an `id` that no other server's handover has");
}

void require_own_marks(const RunJournal* run) {
  if (run != nullptr)
    throw Refusal(RefusalKind::conflict, "a verdict about a whole run can't begin at a mark");
}

} // namespace tempfail::control
