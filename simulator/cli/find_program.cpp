// Looks a program up as a shell does.
#include "cli/find_program.hpp"

#include <array>
#include <cstdlib>
#include <sstream>
#include <string_view>
#include <unistd.h>

namespace tempfail::cli {

namespace fs = std::filesystem;

namespace {

bool executable(const fs::path& file) {
  return ::access(file.c_str(), X_OK) == 0 && fs::is_regular_file(file);
}

/// What runs a file of this name; empty: not known.
std::string_view interpreter_of(const fs::path& file) {
  struct Language {
    std::string_view extension;
    std::string_view interpreter;
  };
  constexpr std::array<Language, 7> languages = {{{".py", "python3"},
                                                  {".sh", "sh"},
                                                  {".pl", "perl"},
                                                  {".rb", "ruby"},
                                                  {".js", "node"},
                                                  {".mjs", "node"},
                                                  {".php", "php"}}};
  const std::string extension = file.extension().string();
  for (const Language& language : languages)
    if (extension == language.extension) return language.interpreter;
  return {};
}

} // namespace

fs::path find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return executable(name) ? fs::path(name) : fs::path();
  const char* path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string directory; std::getline(directories, directory, ':');) {
    const fs::path candidate = fs::path(directory.empty() ? "." : directory) / name;
    if (executable(candidate)) return candidate;
  }
  return {};
}

std::string why_not_found(const std::string& name) {
  std::error_code error;
  const fs::path file(name);
  if (name.find('/') == std::string::npos || !fs::exists(file, error))
    return name + ": there is no such program";
  if (!fs::is_regular_file(file, error)) return name + " is not a program";
  const std::string_view interpreter = interpreter_of(file);
  return name + " is not executable (chmod +x" +
         (interpreter.empty() ? "" : ", or " + std::string(interpreter) + ' ' + name) + ")";
}

} // namespace tempfail::cli
