// Writes the ready file, and takes it away.
#include "cli/ready_file.hpp"

#include "cli/read_file.hpp"
#include "cli/scenario_json.hpp"

#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace tempfail::cli {

ReadyFile::ReadyFile(const std::string& path, const nlohmann::ordered_json& content) : path_(path) {
  if (path_.empty()) return;
  const bool has_secret = content["http"].is_object() && content["http"]["token"].is_string();
  const mode_t mask = has_secret ? ::umask(0077) : mode_t{0};
  write_file_atomically(path_, dump(content));
  if (has_secret) ::umask(mask);
}

ReadyFile::~ReadyFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

} // namespace tempfail::cli
