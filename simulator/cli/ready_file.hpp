// The file that says where everything listens, as long as it does.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace tempfail::cli {

class ReadyFile {
 public:
  /// Written atomically; readable by its owner alone where it has a secret. An empty path: there is none.
  ReadyFile(const std::string& path, const nlohmann::ordered_json& content);
  ~ReadyFile();
  ReadyFile(const ReadyFile&) = delete;
  ReadyFile& operator=(const ReadyFile&) = delete;

 private:
  std::string path_;
};

} // namespace tempfail::cli
