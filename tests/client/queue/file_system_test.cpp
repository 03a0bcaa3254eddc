// File systems that several machines may use at once, by the kernel's list of mounts.
#include "client/queue/file_system.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <string>

using namespace tempfail::client;

namespace {

constexpr auto mounts =
    "36 35 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "98 36 0:45 / /mnt/spool rw,relatime shared:52 master:3 - nfs4 files:/spool rw,vers=4.2\n"
    "99 36 0:46 / /mnt/share rw - cifs //files/share rw\n"
    "100 36 0:47 / /mnt/over\\040there rw - fuse.sshfs mail@there:/queue rw\n"
    "101 36 0:48 / /mnt/overlay rw - fuse.fuse-overlayfs fuse-overlayfs rw\n"
    "102 36 0:5 / /odd rw - \n"
    "103\n";

} // namespace

TEST_CASE("file system: those of several machines are known by their types") {
  CHECK(shared_file_system(mounts, 8, 1).empty());
  CHECK(shared_file_system(mounts, 0, 45) == "nfs4");
  CHECK(shared_file_system(mounts, 0, 46) == "cifs");
  CHECK(shared_file_system(mounts, 0, 47) == "fuse.sshfs");
  CHECK(shared_file_system(mounts, 0, 48).empty()); // of one machine
}

TEST_CASE("file system: what the list does not say is taken for local") {
  CHECK(shared_file_system(mounts, 0, 5).empty());
  CHECK(shared_file_system(mounts, 7, 7).empty());
  CHECK(shared_file_system("", 8, 1).empty());
  CHECK(shared_file_system_of(std::filesystem::temp_directory_path()).empty());
  CHECK(shared_file_system_of("/nowhere/at/all").empty());
}
