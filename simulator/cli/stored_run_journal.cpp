// Every reading begins again: what servers take back changes what was read before.
#include "cli/stored_run_journal.hpp"

#include "journal/receipts.hpp"
#include "store/stored_run.hpp"

#include <stdexcept>
#include <utility>

namespace tempfail::cli {

void StoredRunJournal::when_written(std::function<void()> then) {
  own_.when_kept([then = std::move(then)](bool /*kept*/) { then(); });
}

journal::Journal StoredRunJournal::read(std::stop_token stop) {
  try {
    return store::read_stored_run(address_, run_, stop);
  } catch (const store::NoJournal& error) {
    throw std::runtime_error(std::string("the store ") + error.what());
  }
}

} // namespace tempfail::cli
