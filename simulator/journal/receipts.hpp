// When a journal that another machine keeps has what was flushed.
#pragma once

#include <functional>

namespace tempfail::journal {

/// Of a recorder whose flush() only sends: what was sent is on its way until it is kept.
class Receipts {
 public:
  virtual ~Receipts() = default;

  /// Calls `then` with true once all that was flushed is kept, and with false once that is not to be expected any more:
  /// acceptances among it are withdrawn (withdraw_acceptances). In the order of these calls; at once, if it is known.
  virtual void when_kept(std::function<void(bool kept)> then) = 0;
};

} // namespace tempfail::journal
