// Drains a queue: begins tries when they are due, keeps what comes of them, and decides what is next.
#pragma once

#include "client/base/clock.hpp"
#include "client/delivery/deliverer.hpp"
#include "client/dsn/notification.hpp"
#include "client/policy/host_list.hpp"
#include "client/policy/policy.hpp"
#include "client/queue/queue.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace tempfail::client {

/// What a runner tells about its work. All calls come after the queue has kept what they tell.
class RunnerObserver {
 public:
  virtual ~RunnerObserver() = default;
  virtual void try_began(const QueuedMessage& /*message*/,
                         const std::vector<QueuedRecipient>& /*recipients*/) {}
  /// A recipient's try is over; with RecipientState::waiting the next one comes at `next`.
  virtual void try_ended(const QueuedMessage& /*message*/, const QueuedRecipient& /*recipient*/,
                         const TryRecord& /*record*/, RecipientState /*state*/, Moment /*next*/) {}
  /// No try took place: every host is off the active list until then.
  virtual void postponed(const QueuedRecipient& /*recipient*/, Moment /*until*/) {}
  virtual void connection(const HostTry& /*host*/) {}
  virtual void host_changed(const std::string& /*address*/, const HostRecord& /*record*/) {}
  virtual void notified(const QueuedMessage& /*about*/, MessageId /*notification*/,
                        DsnAction /*action*/) {}
  virtual void finished(const QueuedMessage& /*message*/) {}
  /// The queue can't be written; nothing is begun until resumed().
  virtual void paused(const std::string& /*why*/) {}
  virtual void resumed() {}
};

/// How a runner works.
struct RunnerOptions {
  DeliverySettings settings{};
  std::string reporting_host = "localhost"; ///< names this system in notifications
  std::uint64_t seed = 1;
  std::size_t max_parallel_tries = 20; ///< at once
  Duration keep_finished =
      std::chrono::hours(24 * 7); ///< how long `queue show` can tell of a finished message
  bool notifications = true;      ///< false: the caller tells the sender some other way
  /// Decides on a failed try. Tests put wrong decisions here.
  using Decide = std::function<Decision(const Policy&, RetryState&, const RecipientResult&, Moment,
                                        std::uint64_t)>;
  Decide decide_failure = decide;
};

/// Delivers from one queue. Everything happens on the clock's thread. Start it only while holding the QueueLock.
class Runner {
 public:
  Runner(Queue& queue, Clock& clock, Deliverer& deliverer, const Policy& policy,
         RunnerOptions options, RunnerObserver* observer);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Takes up what a crash left behind, then begins.
  void start();
  /// There may be something new in the queue.
  void wake();
  /// Begins nothing more; calls back when what is under way has come to its end.
  void stop(std::function<void()> done);
  /// Nothing is under way and nothing will ever be due, until something new comes.
  bool idle();
  std::size_t tries_under_way() const { return under_way_; }

  /// Which hosts may be tried: a deliverer asks before it connects, and says what came of it.
  HostList& hosts() { return hosts_; }

 private:
  /// A try under way.
  struct Attempt {
    QueuedMessage message{};
    std::vector<QueuedRecipient> recipients{};
    Moment began{};
  };
  /// A result that is known and not kept yet.
  struct Pending {
    QueuedMessage message{};
    QueuedRecipient recipient{};
    TryRecord record{};
  };
  using Events = std::vector<std::function<void(RunnerObserver&)>>;

  // runner.cpp
  void pump();
  void begin_due();
  void begin_message(MessageId id);
  void begin_try(const QueuedMessage& message, std::vector<QueuedRecipient> recipients,
                 const std::shared_ptr<const std::string>& content);
  bool commit_point(const Attempt& attempt, std::span<const std::size_t> recipients);
  void try_finished(const AttemptReport& report);
  void arm();
  void pause(const std::string& why);

  // settle.cpp
  void recover();
  void add_result(const Attempt& attempt, std::size_t index, const RecipientResult& result);
  bool flush();
  /// Which of the results are kept.
  enum class Keep : std::uint8_t { all, deliveries };
  void keep_all(Keep which, Events& events);
  void forget_kept(Keep which);
  void keep(const Pending& pending, std::map<MessageId, std::vector<NotifiedRecipient>>& told,
            Events& events);
  void keep_failure(const Pending& pending,
                    std::map<MessageId, std::vector<NotifiedRecipient>>& told, Events& events);

  // notify.cpp
  void send_notices();
  NotifiedRecipient notified(const QueuedRecipient& recipient, DsnAction action,
                             const Status& status, const RecipientResult& last, unsigned tries,
                             Moment last_attempt) const;
  void notify(const QueuedMessage& about, std::vector<NotifiedRecipient> recipients,
              Events& events);
  std::optional<Moment> next_notice(const QueuedMessage& message, const QueuedRecipient& recipient,
                                    unsigned sent) const;

  Queue& queue_;
  Clock& clock_;
  Deliverer& deliverer_;
  const Policy& policy_;
  RunnerOptions options_;
  RunnerObserver* observer_;
  RunnerObserver nobody_;
  HostList hosts_;
  std::vector<Pending> pending_;
  std::vector<HostTry> pending_connections_;
  std::map<std::string, HostRecord> pending_hosts_;
  std::size_t under_way_ = 0;
  std::size_t last_notification_ = 0;
  Moment last_purge_{};
  Clock::TimerId flush_timer_ = 0;
  Clock::TimerId due_timer_ = 0;
  Clock::TimerId pause_timer_ = 0;
  bool paused_ = false;
  bool stopping_ = false;
  std::function<void()> stopped_;
};

} // namespace tempfail::client
