// The journal of a server in the stream that all servers of its run write to.
#pragma once

#include "journal/head.hpp"
#include "journal/receipts.hpp"
#include "journal/recorder.hpp"
#include "store/redis_link.hpp"
#include "store/run.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace tempfail::store {

/// What is flushed together is one entry: `node`, `at` (protocol time when it was sent) and `lines`. While the store is
/// lost, events are kept up to a limit, and written when it is found, in entries of a limited size: the store answers
/// other questions between them. Everything on one thread.
class StreamRecorder final : public journal::Recorder, public journal::Receipts {
 public:
  /// Bytes kept while the store is lost. Later events are lost, which their numbers show.
  static constexpr std::size_t backlog_limit = std::size_t{16} << 20U;
  /// Bytes of an entry, unless a single line has more.
  static constexpr std::size_t entry_limit = std::size_t{128} << 10U;
  /// Bytes on their way. More are sent when some of these are answered, so that no answer comes late for their number.
  static constexpr std::size_t unanswered_limit = std::size_t{512} << 10U;

  /// `link` and `keys` outlive it. `now`: protocol time.
  StreamRecorder(RedisLink& link, const RunKeys& keys, std::function<Moment()> now);
  ~StreamRecorder() override;
  StreamRecorder(const StreamRecorder&) = delete;
  StreamRecorder& operator=(const StreamRecorder&) = delete;

  void record(const journal::Event& event) override;
  void flush() override;
  void when_kept(std::function<void(bool kept)> then) override;

  /// The store is found. `restarted`: it may have forgotten the stream, so that it is told again what a reader needs.
  void found(bool restarted);
  /// The store is lost: nothing that is on its way will be answered.
  void lost();

  /// Events that the store has not said to keep.
  std::uint64_t not_kept() const;

 private:
  struct Alive {};
  using Waiter = std::pair<std::uint64_t, std::function<void(bool)>>;

  void send_flushed();
  bool send_entry(std::size_t size);
  void answered(std::uint64_t life, bool kept);
  void withdraw();

  RedisLink& link_;
  const RunKeys& keys_;
  std::string stream_;
  std::function<Moment()> now_;
  journal::JournalHead head_;
  std::string buffer_;                 ///< lines that are not sent
  std::size_t flushed_ = 0;            ///< bytes of these that are to be sent
  std::deque<std::string> on_its_way_; ///< lines of the entries that are not answered, in order
  std::uint64_t sent_ = 0;             ///< bytes
  std::uint64_t kept_ = 0;             ///< of these
  std::uint64_t kept_sequence_ = 0;    ///< number of the last event that is kept
  std::deque<Waiter> waiters_;         ///< each for so many bytes
  std::uint64_t life_ = 0;             ///< counts losses: answers from before one mean nothing
  std::uint64_t lost_events_ = 0;      ///< for which there was no room
  bool is_up_ = true;
  bool has_acceptances_ = false; ///< some lines that are not known to be kept may be acceptances
  std::shared_ptr<Alive> alive_ = std::make_shared<Alive>();
};

} // namespace tempfail::store
