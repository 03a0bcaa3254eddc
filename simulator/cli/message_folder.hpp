// Accepted messages as files, so that what arrived can be looked at. They are what a sender sent, and may be personal
// data: only their owner can read them.
#pragma once

#include "net/server.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>

namespace tempfail::cli {

/// What a folder holds at most; the oldest of its messages make room. Defaults here and nowhere else.
struct MessageFolderLimits {
  std::size_t messages = 10'000;
  std::uint64_t bytes = std::uint64_t{1} << 30U;
};

class MessageFolder {
 public:
  /// `directory` is made with the first message.
  explicit MessageFolder(std::filesystem::path directory, MessageFolderLimits limits = {})
      : directory_(std::move(directory)), limits_(limits) {}

  /// Writes it as NAME.eml, as it came. Why that could not be done; empty: it is there.
  std::string keep(const session::Handover& mail, const std::string& name);
  /// The same as "received-1", "received-2" and so on.
  std::string keep_next(const session::Handover& mail) {
    return keep(mail, "received-" + std::to_string(++count_));
  }
  /// The same as "disk-full-3-1": scenario, session, transaction in it.
  std::string keep_by_place(const session::Handover& mail);

 private:
  struct File {
    std::filesystem::path path;
    std::uint64_t size = 0;
  };

  std::filesystem::path directory_;
  MessageFolderLimits limits_;
  std::deque<File> files_; ///< that were written here, in order
  std::uint64_t bytes_ = 0;
  std::uint64_t count_ = 0;
};

/// Keeps whatever `server` accepts from here on; what can't be kept is a note of the journal. All outlive the server.
void keep_accepted(MessageFolder& folder, net::Server& server, net::Clock& clock,
                   journal::Recorder& recorder);

} // namespace tempfail::cli
