// The queue of messages on their way. What it has said yes to survives kill -9, a full disk and a
// power cut.
#pragma once

#include "client/queue/records.hpp"
#include "client/queue/reserve.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::client {

class Database;

/// Many processes may use one queue at once (accept, list, retry, remove); only the one that holds
/// its QueueLock delivers. Errors are DatabaseError; after one nothing has changed.
class Queue {
 public:
  /// Opens the queue in `folder`, or makes it; an empty path: in memory.
  explicit Queue(const std::filesystem::path& folder);
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  const std::filesystem::path& folder() const { return folder_; }

  /// Runs `work` as one transaction: all of it is kept, or (when it throws) nothing.
  void together(const std::function<void()>& work);
  /// As together(), for what has to be kept and what makes room: on a full disk, the room that is set aside is used.
  void together_at_last(const std::function<void()>& work);
  /// Room is set aside for the results of tries. False: the disk is full.
  bool set_room_aside() { return reserve_.fill(); }
  /// Gives it back to the file system, and the room that the log takes.
  void use_room_set_aside();
  /// SQLite's word for how far a commit waits for the disk: 2 is FULL.
  int synchronous();
  /// Whether another connection has written since the last call.
  bool changed_elsewhere();
  /// Touches the file "changed" in the folder: a process that watches the folder looks again. A commit alone is
  /// not seen in time, since the log is written before it counts.
  void announce();

  // Taking mail (accept.cpp)
  /// Keeps a message. When this returns it is safe. It leaves the room that its delivery needs; a notification is the
  /// end of one, and need not.
  MessageId accept(const Submission& submission, Moment now);
  std::shared_ptr<const std::string> content(MessageId message);

  // Delivering (queue.cpp, tries.cpp): for the holder of the lock
  /// Messages with recipients that are due, the longest due first, at most `most`.
  std::vector<MessageId> due(Moment now, std::size_t most);
  /// Of a message, those recipients that are due.
  std::vector<QueuedRecipient> due_recipients(MessageId message, Moment now);
  /// The next moment at which a recipient or a delay notification comes due.
  std::optional<Moment> next_due();
  /// Recipients for whom a delay notification is due.
  std::vector<QueuedRecipient> due_notices(Moment now);
  /// The recipient's delay notification is out; the next one is due then, if there is one.
  void notice_sent(RecipientId recipient, std::optional<Moment> next);

  /// A try begins. Not durable: losing it costs nothing.
  void begin(std::span<const RecipientId> recipients);
  /// The try did not take place after all: they wait again, until `next`.
  void postpone(std::span<const RecipientId> recipients, Moment next);
  /// The final dot is about to go out for these. Durable when it returns.
  void commit_point(std::span<const RecipientId> recipients);
  /// Keeps a try and where it leaves the recipient. With RecipientState::waiting it is due at `next`, and a
  /// delay notification at `next_notice`.
  void settle(const TryRecord& record, RecipientState state, const RetryState& retry, Moment next,
              std::optional<Moment> next_notice);
  /// Marks the message as finished if all its recipients are settled, and lets its content go. True
  /// if so.
  bool finish_if_settled(MessageId message, Moment now);
  /// Recipients whose try a crash cut off: those that had not come to the commit point simply wait
  /// again; the others are returned, in doubt.
  std::vector<QueuedRecipient> recover();
  /// Takes out what was finished before that moment.
  void purge(Moment finished_before);

  // Counting (tries.cpp)
  void count_connection(std::string_view address, std::string_view name, bool usable);
  void keep_host(const HostCounts& host);
  void count(std::string_view counter, std::uint64_t by = 1);

  // Looking and changing by hand (admin.cpp)
  std::vector<QueuedMessage> messages(bool finished_too, std::size_t most);
  std::optional<QueuedMessage> message(MessageId message);
  std::vector<QueuedRecipient> recipients(MessageId message);
  std::vector<TryRecord> tries(RecipientId recipient);
  /// Makes the message's unsettled recipients due at once. How many.
  std::size_t retry_now(MessageId message, Moment now);
  /// Takes the message's unsettled recipients out, but those that are under way. How many.
  std::size_t remove(MessageId message, Moment now);
  /// Unsettled recipients in each state.
  std::map<RecipientState, std::uint64_t> states();
  std::optional<Moment> oldest_waiting();
  /// The moments of the tries to come, soonest first.
  std::vector<Moment> schedule(std::size_t most);
  /// How many unsettled recipients have had so many tries.
  std::map<unsigned, std::uint64_t> retry_counts();
  std::vector<TryCounts> try_counts();
  std::vector<HostCounts> hosts();
  std::map<std::string, std::uint64_t> counters();

  /// The latest moment at which something is known to have happened.
  Moment newest();

  // Small things to keep
  std::optional<std::string> meta(std::string_view key);
  void set_meta(std::string_view key, std::string_view value);

 private:
  void open();
  void leave_room_for(const Submission& submission);

  std::filesystem::path folder_;
  Reserve reserve_;
  std::unique_ptr<Database> database_;
  std::int64_t data_version_ = 0;
};

/// The clock's origin as the queue keeps it, so that its moments mean the same to every process.
/// Made with `scale` when there is none yet; without a scale the one that is kept stays.
ClockOrigin clock_origin(Queue& queue, std::optional<double> scale);

} // namespace tempfail::client
