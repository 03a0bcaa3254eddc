// Finds the scenario files below a directory and reads them.
#include "scenario/directory.hpp"

#include "scenario/document.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <system_error>
#include <utility>

namespace tempfail::scenario {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_below(const fs::path& directory, std::error_code& error) {
  std::vector<fs::path> files;
  std::error_code ignored; // what is no file that can be looked at is none of ours
  fs::recursive_directory_iterator entries(directory, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error))
    if (entries->path().extension() == ".yaml" && entries->is_regular_file(ignored))
      files.push_back(entries->path());
  std::sort(files.begin(), files.end());
  return files;
}

LoadResult load_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text(document_size_limit + 1,
                   '\0'); // one more than may be: the loader says that it is too long
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (stream.bad() || !stream.is_open())
    return {nullptr, {{{file.string(), 0, 0}, "can't be read", {}}}};
  return load_scenario(text, file.string());
}

} // namespace

DirectoryContent load_directory(const fs::path& directory) {
  DirectoryContent content;
  std::error_code error;
  std::map<std::string, std::string> taken; // by whom a name is
  for (const fs::path& file : files_below(directory, error)) {
    const std::string name = file.stem().string();
    LoadResult loaded = load_file(file);
    const auto [holder, is_first] = taken.emplace(name, file.string());
    if (!is_first) {
      loaded.scenario = nullptr;
      const FileLocation whole_file{file.string(), 0, 0};
      loaded.mistakes.insert(loaded.mistakes.begin(),
                             {whole_file, name + " is already in " + holder->second, {}});
    }
    content.files.push_back({file.string(), std::move(loaded)});
  }
  if (error)
    content.mistake = {{directory.string(), 0, 0}, "can't be read: " + error.message(), {}};
  else if (content.files.empty())
    content.mistake = {
        {directory.string(), 0, 0}, "no scenario file is in this directory", "*.yaml"};
  return content;
}

} // namespace tempfail::scenario
