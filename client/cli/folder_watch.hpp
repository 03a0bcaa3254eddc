// Notices when another process has put something into the queue.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace tempfail::client {

/// Lives as long as it watches.
class FolderWatch {
 public:
  virtual ~FolderWatch() = default;
};

/// Calls back when a file in the folder has been written, by whomever. Throws std::runtime_error when the
/// system has no more watches to give.
std::unique_ptr<FolderWatch> watch_folder(boost::asio::io_context& context,
                                          const std::filesystem::path& folder,
                                          std::function<void()> changed);

} // namespace tempfail::client
