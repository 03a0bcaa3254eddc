// The journal of all servers of a run, for the API of one of them.
#pragma once

#include "control/run_journal.hpp"
#include "store/address.hpp"

#include <string>
#include <utility>

namespace tempfail::journal {
class Receipts;
}

namespace tempfail::cli {

/// Reads the stream of a run in its store, into which `own` writes.
class StoredRunJournal final : public control::RunJournal {
 public:
  /// `own` outlives this.
  StoredRunJournal(store::Address address, std::string run, journal::Receipts& own)
      : address_(std::move(address)), run_(std::move(run)), own_(own) {}

  void when_written(std::function<void()> then) override;
  journal::Journal read(std::stop_token stop) override;

 private:
  store::Address address_;
  std::string run_;
  journal::Receipts& own_;
};

} // namespace tempfail::cli
