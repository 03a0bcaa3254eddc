// A disk that loses, at a power cut, what was not synchronised.
#include "crash_disk.hpp"

#include "client/base/random.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace tempfail::client {
namespace {

/// A write that is not synchronised yet.
struct Write {
  std::size_t at = 0;
  std::string bytes{};
};

/// What the disk knows of a file.
struct Shadow {
  std::string durable{}; ///< as last synchronised
  std::vector<Write> since{};
};

struct State {
  sqlite3_vfs* real = nullptr;
  std::map<std::string, Shadow> files{};
  std::uint64_t operations = 0;
  std::uint64_t cut_at = UINT64_MAX;

  bool step() { return ++operations >= cut_at; }
};
State& state() {
  static State only;
  return only;
}

/// SQLite's file, with the real one behind it.
struct File {
  sqlite3_file base;
  const char* name;
  sqlite3_file* real;
};
File* own(sqlite3_file* file) {
  return reinterpret_cast<File*>(file);
}
sqlite3_file* behind(sqlite3_file* file) {
  return own(file)->real;
}
Shadow& shadow(sqlite3_file* file) {
  return state().files[own(file)->name];
}

void apply(std::string& content, std::size_t at, std::string_view bytes) {
  if (content.size() < at + bytes.size()) content.resize(at + bytes.size());
  std::copy(bytes.begin(), bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(at));
}

int close(sqlite3_file* file) {
  const int code = behind(file)->pMethods->xClose(behind(file));
  sqlite3_free(behind(file));
  return code;
}
int read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  return behind(file)->pMethods->xRead(behind(file), to, size, at);
}
int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  if (state().step()) return SQLITE_IOERR_WRITE;
  const std::string bytes(static_cast<const char*>(from), static_cast<std::size_t>(size));
  shadow(file).since.push_back({static_cast<std::size_t>(at), bytes});
  return behind(file)->pMethods->xWrite(behind(file), from, size, at);
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (state().step()) return SQLITE_IOERR_TRUNCATE;
  // Taken as done at once: the worse case for what was written after it is the other one, and SQLite
  // cuts files only where their content no longer counts.
  shadow(file).durable.resize(static_cast<std::size_t>(size));
  std::erase_if(shadow(file).since,
                [&](const Write& write) { return write.at >= static_cast<std::size_t>(size); });
  return behind(file)->pMethods->xTruncate(behind(file), size);
}
int sync(sqlite3_file* file, int flags) {
  if (state().step()) return SQLITE_IOERR_FSYNC;
  for (const Write& write : shadow(file).since)
    apply(shadow(file).durable, write.at, write.bytes);
  shadow(file).since.clear();
  // The real disk need not be bothered: this one is the disk.
  static_cast<void>(flags);
  return SQLITE_OK;
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return behind(file)->pMethods->xFileSize(behind(file), size);
}
int lock(sqlite3_file* file, int level) {
  return behind(file)->pMethods->xLock(behind(file), level);
}
int unlock(sqlite3_file* file, int level) {
  return behind(file)->pMethods->xUnlock(behind(file), level);
}
int check_lock(sqlite3_file* file, int* result) {
  return behind(file)->pMethods->xCheckReservedLock(behind(file), result);
}
int control(sqlite3_file* file, int operation, void* argument) {
  return behind(file)->pMethods->xFileControl(behind(file), operation, argument);
}
int sector_size(sqlite3_file* file) {
  return behind(file)->pMethods->xSectorSize(behind(file));
}
int characteristics(sqlite3_file*) {
  return 0; // promises nothing: no atomic writes, no order, no safety of overwritten neighbours
}
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** at) {
  return behind(file)->pMethods->xShmMap(behind(file), page, size, extend, at);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return behind(file)->pMethods->xShmLock(behind(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) {
  behind(file)->pMethods->xShmBarrier(behind(file));
}
int shm_unmap(sqlite3_file* file, int remove) {
  return behind(file)->pMethods->xShmUnmap(behind(file), remove);
}

const sqlite3_io_methods methods{
    2,         close,      read,    write,       truncate,        sync,    file_size, lock,
    unlock,    check_lock, control, sector_size, characteristics, shm_map, shm_lock,  shm_barrier,
    shm_unmap, nullptr,    nullptr};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* real = state().real;
  own(file)->real = static_cast<sqlite3_file*>(sqlite3_malloc(real->szOsFile));
  std::memset(own(file)->real, 0, static_cast<std::size_t>(real->szOsFile));
  own(file)->name = name != nullptr ? name : "";
  const int code = real->xOpen(real, name, own(file)->real, flags, out_flags);
  file->pMethods = code == SQLITE_OK ? &methods : nullptr;
  if (code != SQLITE_OK) sqlite3_free(own(file)->real);
  return code;
}

int remove(sqlite3_vfs*, const char* name, int sync_folder) {
  if (state().step()) return SQLITE_IOERR_DELETE;
  state().files.erase(name);
  return state().real->xDelete(state().real, name, sync_folder);
}

sqlite3_vfs disk{};

} // namespace

CrashDisk::CrashDisk() {
  state() = State{};
  state().real = sqlite3_vfs_find("unix");
  disk = *state().real;
  disk.zName = "crash-disk";
  disk.szOsFile = sizeof(File);
  disk.pNext = nullptr;
  disk.xOpen = open;
  disk.xDelete = remove;
  sqlite3_vfs_register(&disk, 1);
}

CrashDisk::~CrashDisk() {
  sqlite3_vfs_unregister(&disk);
  sqlite3_vfs_register(state().real, 1);
}

std::uint64_t CrashDisk::operations() {
  return state().operations;
}

void CrashDisk::cut_at(std::uint64_t operation) {
  state().cut_at = operation;
}

bool CrashDisk::is_cut() {
  return state().operations >= state().cut_at;
}

void CrashDisk::restore_into(const std::filesystem::path& folder, std::uint64_t seed) {
  Random random{seed};
  std::filesystem::create_directories(folder);
  for (const auto& [name, shadow] : state().files) {
    std::string content = shadow.durable;
    for (const Write& write : shadow.since) {
      const std::uint64_t fate = random.below(3);
      if (fate == 0) continue; // never left the disk's cache
      const std::size_t length =
          fate == 1 ? write.bytes.size() : random.below(write.bytes.size() + 1);
      apply(content, write.at, std::string_view{write.bytes}.substr(0, length));
    }
    std::ofstream out{folder / std::filesystem::path{name}.filename(), std::ios::binary};
    out << content;
  }
}

} // namespace tempfail::client
