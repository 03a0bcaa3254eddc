// Notices when another process has put something into the queue: inotify.
#include "client/cli/folder_watch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace tempfail::client {
namespace {

class Inotify final : public FolderWatch {
 public:
  Inotify(boost::asio::io_context& context, const std::filesystem::path& folder,
          std::function<void()> changed)
      : descriptor_(context, open()), changed_(std::move(changed)) {
    if (::inotify_add_watch(descriptor_.native_handle(), folder.c_str(),
                            IN_MODIFY | IN_CREATE | IN_ATTRIB) < 0) {
      throw std::system_error(errno, std::generic_category(), folder.string());
    }
    read();
  }

 private:
  static int open() {
    const int file = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (file < 0) throw std::system_error(errno, std::generic_category(), "inotify");
    return file;
  }

  /// What exactly happened does not matter: the queue knows what is new.
  void read() {
    descriptor_.async_read_some(boost::asio::buffer(buffer_),
                                [this](const boost::system::error_code& error, std::size_t) {
                                  if (error) return;
                                  read();
                                  changed_();
                                });
  }

  boost::asio::posix::stream_descriptor descriptor_;
  std::function<void()> changed_;
  std::array<char, 16 * 1024> buffer_{};
};

} // namespace

std::unique_ptr<FolderWatch> watch_folder(boost::asio::io_context& context,
                                          const std::filesystem::path& folder,
                                          std::function<void()> changed) {
  return std::make_unique<Inotify>(context, folder, std::move(changed));
}

} // namespace tempfail::client
