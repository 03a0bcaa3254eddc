// The table of options that were renamed, and the note.
#include "cli/former_names.hpp"

#include "cli/cli11.hpp"
#include "cli/terminal.hpp"

#include <array>
#include <set>
#include <unistd.h>

namespace tempfail::cli {
namespace {

struct FormerOption {
  std::string_view former;
  std::string current;
};

const std::array<FormerOption, 4>& former_options() {
  static const std::array<FormerOption, 4> options = {{{"--common-port", "--shared-port"},
                                                       {"--watch", "--watch-time"},
                                                       {"--watch-on", "--settle-time"},
                                                       {"--return-to", "--sender-server"}}};
  return options;
}

} // namespace

void note_former_name(std::string_view former, std::string_view current) {
  static std::set<std::string, std::less<>> noted;
  if (!noted.emplace(former).second) return;
  StandardStream(STDERR_FILENO)
      .write("tempfail: " + std::string(former) + " is now called " + std::string(current) + '\n');
}

std::vector<std::string> with_current_options(std::vector<std::string> arguments,
                                              const CLI::App& parser) {
  for (std::string& argument : arguments) {
    const std::string_view name = std::string_view(argument).substr(0, argument.find('='));
    for (const FormerOption& one : former_options()) {
      if (name != one.former || parser.get_option_no_throw(one.current) == nullptr) continue;
      note_former_name(one.former, one.current);
      argument.replace(0, one.former.size(), one.current);
      break;
    }
  }
  return arguments;
}

} // namespace tempfail::cli
