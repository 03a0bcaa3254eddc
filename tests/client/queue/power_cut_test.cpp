// The power goes at every moment in turn: what was said to be kept is there afterwards, and a message is never
// in a state that would lose it or hide that it may have been delivered.
#include "client/queue/database.hpp"
#include "crash_disk.hpp"
#include "fixture.hpp"
#include "support/catch.hpp"

#include <unistd.h>

using namespace tempfail::client;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// What the work below had been promised when the power went.
struct Promised {
  MessageId accepted = 0;   ///< the last message that accept() returned for
  MessageId committing = 0; ///< the last whose commit point was kept
  MessageId settled = 0;    ///< the last whose delivery was kept
};

/// Takes messages and delivers them, one after the other, until the power goes.
Promised work(const fs::path& folder) {
  Promised promised;
  try {
    Queue queue{folder};
    for (int i = 0; i < 4; ++i) {
      const MessageId id = queue.accept(submission({"a@x.test"}), start);
      promised.accepted = id;
      const RecipientId recipient = first_recipient(queue, id).id;
      queue.begin({&recipient, 1});
      queue.commit_point({&recipient, 1});
      promised.committing = id;
      queue.together([&] {
        queue.settle(delivered_try(recipient, start), RecipientState::delivered, {}, start,
                     std::nullopt);
        queue.finish_if_settled(id, start);
      });
      promised.settled = id;
    }
  } catch (const DatabaseError&) {
    // The power is off: nothing more is promised.
  }
  return promised;
}

} // namespace

TEST_CASE("power_cut_at_every_moment_loses_nothing_that_was_promised") {
  std::uint64_t all = 0;
  {
    const CrashDisk disk;
    const Folder folder;
    CHECK(work(folder.path / "queue").settled == 4);
    all = CrashDisk::operations();
  }
  REQUIRE(all > 50);
  std::size_t in_doubt = 0;
  for (std::uint64_t cut = 1; cut < all; ++cut) {
    const Folder folder;
    Promised promised;
    {
      const CrashDisk disk;
      CrashDisk::cut_at(cut);
      promised = work(folder.path / "queue");
      CHECK(CrashDisk::is_cut());
      CrashDisk::restore_into(folder.path / "after", cut * 7919);
    }
    CAPTURE(cut);
    Queue after{folder.path / "after"};
    after.recover();
    for (MessageId id = 1; id <= promised.accepted; ++id) {
      CAPTURE(id);
      REQUIRE(after.message(id));
      const RecipientState state = first_recipient(after, id).state;
      if (id <= promised.settled) {
        CHECK(state == RecipientState::delivered); // else it would be sent twice
      } else if (id <= promised.committing) {
        // The dot may have been out: in doubt, or settled a moment before the power went.
        CHECK((state == RecipientState::committing || state == RecipientState::delivered));
        if (state == RecipientState::committing) ++in_doubt;
      } else {
        CHECK((state == RecipientState::waiting || state == RecipientState::committing));
      }
      if (state != RecipientState::delivered)
        CHECK(*after.content(id) == "Subject: x\r\n\r\nHello\r\n");
    }
  }
  CHECK(in_doubt > 0); // or the test never came near the window
}
