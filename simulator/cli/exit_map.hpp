// What a command's exit statuses mean, where they are not those of sysexits.h: --exit temporary=4,75.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::cli {

/// "delivered", "temporary" or "permanent" by exit status.
class ExitMap {
 public:
  ExitMap() = default;
  /// From the values of --exit: "temporary=4,75". UsageError names the one that is wrong.
  explicit ExitMap(const std::vector<std::string>& values);

  /// Empty: the user said nothing of this status.
  std::string_view meaning(int status) const;

 private:
  std::map<int, std::string> meanings_;
};

} // namespace tempfail::cli
