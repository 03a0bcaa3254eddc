// Finds senders by name and by path.
#include "cli/sender_catalogue.hpp"

#include "cli/error.hpp"
#include "cli/read_file.hpp"
#include "cli/text.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace tempfail::cli {

namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

bool is_sender(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / manifest_file, ignored);
}

/// The program's own folder: in an installation, PREFIX/share/tempfail/senders beside PREFIX/bin; in a build of the
/// source tree, senders/ three folders above build/PRESET/bin.
std::vector<fs::path> own_folders() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) return {};
  const fs::path bin = program.parent_path();
  const fs::path installed = (bin / "../share/tempfail/senders").lexically_normal();
  if (fs::is_directory(installed, error)) return {installed};
  const fs::path source = (bin / "../../..").lexically_normal();
  if (fs::is_regular_file(source / "simulator/CMakeLists.txt", error) &&
      fs::is_directory(source / "senders", error))
    return {source / "senders"};
  return {};
}

SenderManifest load(const fs::path& folder) {
  const fs::path absolute = fs::absolute(folder).lexically_normal();
  const fs::path named = absolute.has_filename() ? absolute : absolute.parent_path();
  ManifestResult result = read_manifest(read_file(named / manifest_file), named, senders_cache());
  if (result.manifest) return std::move(*result.manifest);
  std::string text;
  for (const scenario::Mistake& mistake : result.mistakes)
    text += (text.empty() ? "" : "\n") + mistake.to_string();
  throw UsageError(text);
}

std::vector<fs::path> senders_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entries(folder, error); !error && entries != fs::directory_iterator();
       entries.increment(error))
    if (is_sender(entries->path())) found.push_back(entries->path());
  std::sort(found.begin(), found.end());
  return found;
}

/// The folders of senders that count, by name.
std::vector<fs::path> known_senders() {
  std::vector<fs::path> known;
  for (const fs::path& folder : sender_folders())
    for (const fs::path& sender : senders_in(folder))
      if (std::none_of(known.begin(), known.end(), [&](const fs::path& other) {
            return other.filename() == sender.filename();
          }))
        known.push_back(sender);
  std::sort(known.begin(), known.end(),
            [](const fs::path& a, const fs::path& b) { return a.filename() < b.filename(); });
  return known;
}

} // namespace

std::vector<fs::path> sender_folders() {
  std::vector<fs::path> folders;
  std::istringstream named(variable(senders_variable));
  for (std::string folder; std::getline(named, folder, ':');) {
    if (folder.empty()) continue;
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored))
      throw UsageError(std::string(senders_variable) + ": " + folder + " is not a directory");
    folders.emplace_back(folder);
  }
  for (fs::path& folder : own_folders())
    folders.push_back(std::move(folder));
  return folders;
}

fs::path senders_cache() {
  if (const std::string named = variable(senders_cache_variable); !named.empty())
    return fs::absolute(named).lexically_normal();
  fs::path folder = "/var/tmp/tempfail-senders-" + std::to_string(::geteuid());
  struct stat status {};
  // Programs are run from there: it must not be somebody else's.
  if (::lstat(folder.c_str(), &status) == 0 &&
      (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 022) != 0))
    throw CannotRun(folder.string() + " is not a directory that only you can write to; " +
                    senders_cache_variable + " names another directory");
  return folder;
}

std::vector<SenderManifest> all_senders() {
  std::vector<SenderManifest> senders;
  for (const fs::path& folder : known_senders())
    senders.push_back(load(folder));
  return senders;
}

SenderManifest find_sender(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (!is_sender(name))
      throw UsageError("--sender " + name + ": there is no " + std::string(manifest_file) +
                       " in this directory");
    return load(name);
  }
  std::vector<std::string> names;
  for (const fs::path& folder : known_senders()) {
    if (folder.filename() == name) return load(folder);
    names.push_back(folder.filename().string());
  }
  const std::string near = nearest(name, names);
  throw UsageError(
      "--sender " + name + " is not known" +
      (near.empty() ? "; tempfail senders lists them" : "; did you mean " + near + "?") +
      "; for your own directory write a path with a slash: --sender ./" + name);
}

} // namespace tempfail::cli
