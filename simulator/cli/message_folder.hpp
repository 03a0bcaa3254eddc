// Accepted messages as files, so that what arrived can be looked at. They are what a sender sent, and may be personal
// data: only their owner can read them.
#pragma once

#include "net/server.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tempfail::cli {

/// What a folder holds at most; the oldest of its messages make room. Defaults here and nowhere else.
struct MessageFolderLimits {
  std::size_t messages = 10'000;
  std::uint64_t bytes = std::uint64_t{1} << 30U;
  std::optional<std::chrono::steady_clock::duration> age = {}; ///< nothing: any
};

class MessageFolder {
 public:
  /// `directory` is made with the first message.
  explicit MessageFolder(std::filesystem::path directory, MessageFolderLimits limits = {})
      : directory_(std::move(directory)), limits_(limits) {}

  /// Writes it as NAME.eml, as it came. Why that could not be done; empty: it is there.
  std::string keep(const session::AcceptedMail& mail, const std::string& name);
  /// When the oldest message has reached its age; nothing: none ever does.
  std::optional<std::chrono::steady_clock::time_point> next_end() const;
  /// Deletes those that have reached it.
  void delete_old();
  /// The same as "received-1", "received-2" and so on.
  std::string keep_next(const session::AcceptedMail& mail) {
    return keep(mail, "received-" + std::to_string(++count_));
  }
  /// The same as "disk-full-3-1": scenario, session, transaction in it.
  std::string keep_by_place(const session::AcceptedMail& mail);

 private:
  struct File {
    std::filesystem::path path;
    std::uint64_t size = 0;
    std::chrono::steady_clock::time_point kept;
  };
  void delete_oldest();

  std::filesystem::path directory_;
  MessageFolderLimits limits_;
  std::deque<File> files_; ///< that were written here, in order
  std::uint64_t bytes_ = 0;
  std::uint64_t count_ = 0;
};

/// The first messages in the folder of a case: what it was given to send, and what was accepted. Each as a path from
/// `name` on, which the folder has in the report.
std::vector<std::string> mail_files(const std::filesystem::path& folder,
                                    const std::filesystem::path& name);

/// Keeps whatever `server` accepts from here on; what can't be kept is a note of the journal. All outlive the server.
void keep_accepted(MessageFolder& folder, net::Server& server, net::Clock& clock,
                   journal::Recorder& recorder);

} // namespace tempfail::cli
