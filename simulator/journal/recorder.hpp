// Encodes events as JSON Lines and appends them to a file, many at a time. See docs/journal.md.
#pragma once

#include "journal/event.hpp"
#include "journal/head.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <system_error>

namespace tempfail::journal {

/// Appends one event's JSON and '\n' to `out`, with this number in the writer's sequence. The hot path: no
/// allocation but out's growth.
void encode(const Event& event, std::uint64_t sequence, std::string& out);
/// With the number that the event has.
inline void encode(const Event& event, std::string& out) {
  encode(event, event.sequence, out);
}

/// Where events go. A session's events are recorded in order; flush() makes them durable against
/// the end of this process (they are in the kernel), which comes before the replies they belong to
/// are sent.
class Recorder {
 public:
  virtual ~Recorder() = default;
  virtual void record(const Event& event) = 0;
  virtual void flush() = 0;

 protected:
  /// The next event's number; one that is lost takes its number along, so that the gap shows.
  std::uint64_t next_sequence() { return ++sequence_; }
  std::uint64_t last_sequence() const { return sequence_; }

 private:
  std::uint64_t sequence_ = 0;
};

/// Keeps the encoded text in memory (tests).
class MemoryRecorder final : public Recorder {
 public:
  void record(const Event& event) override { encode(event, next_sequence(), text_); }
  void flush() override {}
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Appends to a file. A failed write (a full disk) is reported once through `on_error`, what could
/// not be written is kept up to a limit and tried again at the next flush, and reported when it
/// works again. No partial line is ever left behind for a reader to trip over: a retry goes on
/// where the last stopped, and what never got whole is cut off at the end. A process that writes to
/// a pipe ignores SIGPIPE, one that runs under a limit of file sizes SIGXFSZ.
class FileRecorder final : public Recorder {
 public:
  using ErrorHandler = std::function<void(const std::string& message)>;
  static constexpr std::size_t backlog_limit = std::size_t{16}
                                               << 20U; ///< bytes kept while writing fails

  /// Opens `file` for appending; throws std::system_error when it can't.
  FileRecorder(const std::filesystem::path& file, ErrorHandler on_error);
  ~FileRecorder() override;
  FileRecorder(const FileRecorder&) = delete;
  FileRecorder& operator=(const FileRecorder&) = delete;

  void record(const Event& event) override;
  void flush() override;
  /// Several programs append to the file, and each event says that this one has written it. None of them leaves a part
  /// of a line for the others to write on behind. To be said before the first event, and not where the file rotates.
  void share(std::string node) { node_ = std::move(node); }
  /// From here on new files can follow, by reopen(), and by themselves: once so many bytes are in the file it is moved
  /// aside to FILE.1, FILE.2 and so on, the first of these names that is free. 0: never. To be said before the first
  /// event. std::system_error where the file is no regular one.
  void allow_new_files(std::uint64_t bytes);
  /// Opens the file by its name again, after somebody moved it away or deleted it. Each event is in the old file or in
  /// the new one, which begins with what its reader needs (see JournalHead). A failure is reported, and the old
  /// file is written on.
  void reopen();
  /// The end: a last flush, and what can't be written now is lost. Nothing is recorded after it.
  void close();
  /// Events lost because the backlog was full; behind close() those of the backlog too.
  std::uint64_t lost() const { return lost_; }
  /// Bytes that wait for the disk.
  std::size_t backlog() const { return buffer_.size() - written_; }

 private:
  /// Events in the backlog, the one of which a part is in the file included.
  std::uint64_t waiting() const;
  /// Says that writing works again, or no more, when that is news.
  void report(int error);
  /// Goes on in the file of this name; false: it can't be opened, and nothing has changed.
  bool open_again();
  /// Moves the file aside, and goes on in a new one.
  void rotate();
  /// The last line of a file that another one follows. Best effort: a full disk has no room for it.
  void end_file();
  void say(const std::string& message) const;
  void record_named(const Event& event);
  void write_buffer();
  /// The same, while no other program writes.
  void write_buffer_alone();

  int fd_ = -1;
  std::string file_;
  std::string node_; ///< empty: nobody else writes to the file
  std::string buffer_;
  std::size_t written_ = 0;    ///< bytes at the front of buffer_ that are in the file
  std::size_t torn_bytes_ = 0; ///< of these, those of a line that is not yet whole
  std::size_t no_events_ = 0;  ///< bytes at the front of buffer_ that are no events of the backlog
  ErrorHandler on_error_;
  bool failing_ = false;
  Moment last_time_{}; ///< of the last event
  std::uint64_t lost_ = 0;
  std::optional<JournalHead> head_; ///< nothing: no new file ever follows
  std::uint64_t rotate_bytes_ = 0;  ///< 0: the file grows without limit
  std::uint64_t file_bytes_ = 0;    ///< in the file; only where it rotates
  std::uint64_t last_name_ = 0;     ///< number of the file that was moved aside last
};

} // namespace tempfail::journal
