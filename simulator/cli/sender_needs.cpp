// Looks for what a sender needs.
#include "cli/sender_needs.hpp"

#include "cli/ask_program.hpp"
#include "cli/find_program.hpp"
#include "cli/sender_catalogue.hpp"
#include "cli/text.hpp"

#include <chrono>
#include <cstdlib>
#include <unistd.h>

namespace tempfail::cli {

namespace {

/// For a program that only says whether something is there, on a busy machine.
constexpr std::chrono::seconds patience{60};

bool is_there(const SenderNeed& need, const SenderManifest& sender) {
  if (!need.root.empty()) return ::geteuid() == 0;
  if (!need.program.empty()) return !find_program(need.program).empty();
  return ask_program(need.see, environment_of(sender), patience).status == 0;
}

} // namespace

std::vector<std::string> environment_of(const SenderManifest& sender) {
  std::vector<std::string> environment = {"TEMPFAIL_SENDER_DIR=" + sender.folder.string(),
                                          "TEMPFAIL_SENDER_CACHE=" + sender.cache.string()};
  // What the program's own senders share, common/, is there for everybody's.
  std::string path;
  for (const std::filesystem::path& folder : sender_folders())
    path += (path.empty() ? "" : ":") + std::filesystem::absolute(folder).string();
  if (const char* const own = std::getenv("PYTHONPATH"); own != nullptr && *own != '\0')
    path += (path.empty() ? "" : ":") + std::string(own);
  environment.push_back("PYTHONPATH=" + path);
  environment.emplace_back("PYTHONDONTWRITEBYTECODE=1");
  for (const auto& [name, value] : sender.environment)
    environment.push_back(name + "=" + value);
  return environment;
}

std::vector<MissingNeed> missing_needs_of(const SenderManifest& sender) {
  std::vector<MissingNeed> missing;
  for (const SenderNeed& need : sender.needs) {
    if (is_there(need, sender)) continue;
    if (!need.root.empty())
      missing.push_back({"root (" + need.root + ")", {}});
    else
      missing.push_back({need.what, need.get.empty() ? set_up_of(sender) : need.get});
  }
  return missing;
}

std::string missing_need_text(const MissingNeed& missing) {
  return missing.what + " is missing" +
         (missing.get.empty() ? "" : "; to install it: " + missing.get);
}

std::string set_up_of(const SenderManifest& sender) {
  std::string text;
  for (const std::vector<std::string>& command : sender.set_up)
    text += (text.empty() ? "" : " && ") + shell_quoted(command);
  return text;
}

std::string version_of(const SenderManifest& sender) {
  if (sender.version.empty()) return {};
  const ProgramAnswer answer = ask_program(sender.version, environment_of(sender), patience);
  if (answer.status != 0) return {};
  return answer.output.substr(0, answer.output.find('\n'));
}

} // namespace tempfail::cli
