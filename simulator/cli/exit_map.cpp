// Reads "WORD=STATUS,STATUS".
#include "cli/exit_map.hpp"

#include "cli/error.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tempfail::cli {

namespace {

constexpr std::array<std::string_view, 3> words = {"delivered", "temporary", "permanent"};
constexpr int highest_status = 255;

[[noreturn]] void complain(const std::string& value, const std::string& what) {
  throw UsageError("--exit " + value + ": " + what +
                   "; allowed: MEANING=STATUS,... where MEANING is delivered, temporary or "
                   "permanent and STATUS is 0 to 255: temporary=4,75");
}

int status_in(std::string_view text, const std::string& value) {
  int status = -1;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, status);
  if (error != std::errc() || stopped != end || status < 0 || status > highest_status)
    complain(value, '\'' + std::string(text) + "' is not a valid exit status");
  return status;
}

} // namespace

ExitMap::ExitMap(const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    const std::size_t equals = value.find('=');
    if (equals == std::string::npos) complain(value, "there is no '='");
    const std::string word = value.substr(0, equals);
    if (std::find(words.begin(), words.end(), word) == words.end())
      complain(value, '\'' + word + "' is not a meaning");
    std::string_view rest = std::string_view(value).substr(equals + 1);
    for (bool more = true; more;) {
      const std::size_t comma = rest.find(',');
      more = comma != std::string_view::npos;
      const int status = status_in(rest.substr(0, comma), value);
      if (const auto [known, is_new] = meanings_.emplace(status, word);
          !is_new && known->second != word)
        complain(value, "status " + std::to_string(status) + " already means " + known->second);
      rest.remove_prefix(more ? comma + 1 : rest.size());
    }
  }
}

std::string_view ExitMap::meaning(int status) const {
  const auto found = meanings_.find(status);
  return found == meanings_.end() ? std::string_view() : found->second;
}

} // namespace tempfail::cli
