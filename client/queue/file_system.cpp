// Reads the kernel's list of mounts.
#include "client/queue/file_system.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <sstream>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace tempfail::client {
namespace {

constexpr std::array<std::string_view, 21> shared_types = {
    "nfs",      "nfs4",   "cifs",       "smb3",           "smbfs",       "ceph",
    "9p",       "afs",    "gfs2",       "ocfs2",          "lustre",      "beegfs",
    "gpfs",     "coda",   "fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.ceph-fuse",
    "virtiofs", "vboxsf", "orangefs"};

} // namespace

std::string shared_file_system(std::string_view mounts, unsigned major, unsigned minor) {
  const std::string device = std::to_string(major) + ':' + std::to_string(minor);
  std::istringstream lines{std::string(mounts)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string number;
    std::string parent;
    std::string of_device;
    words >> number >> parent >> of_device;
    if (of_device != device) continue;
    std::string type;
    for (std::string word; words >> word && word != "-";) {
    }
    words >> type;
    if (std::find(shared_types.begin(), shared_types.end(), type) != shared_types.end())
      return type;
  }
  return {};
}

std::string shared_file_system_of(const std::filesystem::path& directory) {
  struct stat info {};
  if (::stat(directory.c_str(), &info) != 0) return {};
  std::ifstream in("/proc/self/mountinfo");
  const std::string mounts{std::istreambuf_iterator<char>(in), {}};
  return shared_file_system(mounts, ::major(info.st_dev), ::minor(info.st_dev));
}

} // namespace tempfail::client
