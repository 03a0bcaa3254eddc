// Whether the disk that a queue is on is this machine's alone.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tempfail::client {

/// The queue would be on a file system that other machines may use at the same time.
struct SharedFileSystem : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// "nfs4", "cifs", "fuse.sshfs": the type of the file system with this device number, if it is one of those that
/// several machines use at once; empty: it is not, or not known. `mounts` is the text of /proc/self/mountinfo
/// (proc(5)).
std::string shared_file_system(std::string_view mounts, unsigned major, unsigned minor);

/// The same of the file system that a directory is on.
std::string shared_file_system_of(const std::filesystem::path& directory);

} // namespace tempfail::client
