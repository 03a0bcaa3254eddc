// When the ground gives way: a crash in the middle, a queue that can't be written.
#include "client/queue/database.hpp"
#include "fixture.hpp"
#include "support/catch.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

using namespace tempfail::client;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {
const Moment far = start + 24h * 365;

struct Folder {
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "tempfail-runner-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

/// Keeps its callbacks for the test to call.
class ByHand final : public Deliverer {
 public:
  void attempt(const Message&, std::span<const Recipient> recipients, const DeliverySettings&,
               AttemptCallbacks callbacks) override {
    tries.push_back({recipients.size(), std::move(callbacks)});
  }
  struct Try {
    std::size_t recipients;
    AttemptCallbacks callbacks;
  };
  std::vector<Try> tries;
};

class Told final : public RunnerObserver {
 public:
  void paused(const std::string& why) override { pauses.push_back(why); }
  void resumed() override { ++resumes; }
  void try_ended(const QueuedMessage&, const QueuedRecipient&, const TryRecord& record,
                 RecipientState state, Moment) override {
    ended.emplace_back(record, state);
  }
  std::vector<std::string> pauses;
  int resumes = 0;
  std::vector<std::pair<TryRecord, RecipientState>> ended;
};

/// The state that a process leaves which ends right after its commit point.
MessageId crash_after_commit_point(Queue& queue, Clock& clock) {
  ByHand deliverer;
  Runner runner{queue, clock, deliverer, default_policy(), {}, nullptr};
  const MessageId id = queue.accept(submission({"a@x.test"}), clock.now());
  runner.start();
  REQUIRE(deliverer.tries.size() == 1);
  const std::size_t first = 0;
  CHECK(deliverer.tries[0].callbacks.committing({&first, 1}, "mail.test"));
  return id;
}

/// While it lives, no file of this process grows: what a full disk does to the log.
class FullDisk {
 public:
  FullDisk() {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit small = before_;
    small.rlim_cur = 1;
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

} // namespace

TEST_CASE("crash_after_the_commit_point_is_sent_again_and_recorded") {
  const auto clock = make_virtual_clock(start);
  Queue queue{{}};
  const MessageId id = crash_after_commit_point(queue, *clock);
  ScriptedDeliverer next{*clock, {}};
  Told told;
  Runner runner{queue, *clock, next, default_policy(), {}, &told};
  runner.start();
  REQUIRE(told.ended.size() == 1);
  CHECK(told.ended[0].first.result.in_doubt);
  CHECK(told.ended[0].second == RecipientState::waiting);
  clock->run(far);
  const auto recipient = queue.recipients(id)[0];
  CHECK(recipient.state == RecipientState::delivered);
  CHECK(recipient.in_doubt == 1);
  CHECK(queue.tries(recipient.id).size() == 2);
}

TEST_CASE("crash_after_the_commit_point_is_held_where_the_policy_says_so") {
  const auto clock = make_virtual_clock(start);
  Queue queue{{}};
  const MessageId id = crash_after_commit_point(queue, *clock);
  const LoadedPolicy loaded = load_policy("in-doubt: hold");
  ScriptedDeliverer next{*clock, {}};
  Runner runner{queue, *clock, next, loaded.policy, {}, nullptr};
  runner.start();
  clock->run(far);
  CHECK(next.attempts() == 0);
  CHECK(queue.recipients(id)[0].state == RecipientState::held);
  queue.retry_now(id, clock->now());
  runner.wake();
  clock->run(far);
  CHECK(queue.recipients(id)[0].state == RecipientState::delivered);
}

TEST_CASE("crash_before_the_commit_point_is_just_tried_again") {
  const auto clock = make_virtual_clock(start);
  Queue queue{{}};
  const MessageId id = queue.accept(submission({"a@x.test"}), start);
  {
    ByHand deliverer;
    Runner runner{queue, *clock, deliverer, default_policy(), {}, nullptr};
    runner.start();
    CHECK(deliverer.tries.size() == 1);
  }
  ScriptedDeliverer next{*clock, {}};
  Runner runner{queue, *clock, next, default_policy(), {}, nullptr};
  runner.start();
  clock->advance(1min);
  const auto recipient = queue.recipients(id)[0];
  CHECK(recipient.state == RecipientState::delivered);
  CHECK(recipient.retry.tries == 1);
  CHECK(recipient.in_doubt == 0);
}

TEST_CASE("result_that_can_not_be_kept_is_kept_later_and_nothing_is_sent_meanwhile") {
  const Folder folder;
  const auto clock = make_virtual_clock(start);
  Queue queue{folder.path};
  ByHand deliverer;
  Told told;
  RunnerOptions options;
  options.max_parallel_tries = 1;
  Runner runner{queue, *clock, deliverer, default_policy(), options, &told};
  const MessageId first = queue.accept(submission({"a@x.test"}), start);
  queue.accept(submission({"b@x.test"}), start);
  runner.start();
  REQUIRE(deliverer.tries.size() == 1);
  const std::size_t index = 0;
  CHECK(deliverer.tries[0].callbacks.committing({&index, 1}, "mail.test"));
  auto full = std::make_unique<FullDisk>();
  RecipientResult delivered = outcome("450 4.2.0 x");
  delivered.fate = Fate::delivered;
  delivered.failure = Failure::none;
  deliverer.tries[0].callbacks.settled(0, delivered);
  deliverer.tries[0].callbacks.finished({{delivered}, {}, {}});
  CHECK(told.pauses.size() == 1);
  clock->advance(10s);
  CHECK(deliverer.tries.size() == 1);
  CHECK(queue.recipients(first)[0].state == RecipientState::committing);
  full.reset();
  clock->advance(10s);
  CHECK(told.resumes >= 1);
  CHECK(queue.recipients(first)[0].state == RecipientState::delivered);
  CHECK(deliverer.tries.size() == 2); // and on it goes
}

TEST_CASE("final_dot_is_forbidden_while_its_commit_point_can_not_be_kept") {
  const Folder folder;
  const auto clock = make_virtual_clock(start);
  Queue queue{folder.path};
  ByHand deliverer;
  Runner runner{queue, *clock, deliverer, default_policy(), {}, nullptr};
  queue.accept(submission({"a@x.test"}), start);
  runner.start();
  REQUIRE(deliverer.tries.size() == 1);
  const FullDisk full;
  const std::size_t index = 0;
  CHECK_FALSE(deliverer.tries[0].callbacks.committing({&index, 1}, "mail.test"));
}

TEST_CASE("nothing_is_begun_on_a_full_disk") {
  const Folder folder;
  const auto clock = make_virtual_clock(start);
  Queue queue{folder.path};
  ByHand deliverer;
  Told told;
  Runner runner{queue, *clock, deliverer, default_policy(), {}, &told};
  queue.accept(submission({"a@x.test"}), start);
  {
    const FullDisk full;
    runner.start();
    clock->advance(1h);
    CHECK(deliverer.tries.empty());
    CHECK_FALSE(told.pauses.empty());
    CHECK_THROWS_AS(queue.accept(submission({"b@x.test"}), start),
                    DatabaseError); // and no is said to new mail
  }
  clock->advance(1min);
  CHECK(deliverer.tries.size() == 1);
  CHECK(queue.messages(true, 10).size() == 1);
}
