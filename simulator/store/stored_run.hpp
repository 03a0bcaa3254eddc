// The journal of a run, read from its store.
#pragma once

#include "journal/reader.hpp"
#include "store/address.hpp"

#include <stdexcept>
#include <stop_token>
#include <string>

namespace tempfail::store {

/// The store has no journal of the run; what() says so in a sentence without a subject for the store.
struct NoJournal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The events of all servers of a run, as its stream has them now, in its order: a server whose clock is behind it is
/// corrected. Of a server that did not end, its lease says whether it is alive, which may take until that runs out; one
/// that is not died, and an event says so (journal::event::Missing). Throws NoJournal, journal::WrongFormat, and
/// std::runtime_error where the store can't be reached or asked, or where it is told to stop.
journal::Journal read_stored_run(const Address& address, const std::string& name,
                                 const std::stop_token& stop = {});

} // namespace tempfail::store
