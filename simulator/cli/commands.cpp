// The list of subcommands.
#include "cli/command.hpp"

namespace tempfail::cli {

std::vector<Command> all_commands() {
  std::vector<Command> commands;
  commands.push_back(make_serve());
  commands.push_back(make_test());
  commands.push_back(make_lab_command());
  commands.push_back(make_list());
  commands.push_back(make_show());
  commands.push_back(make_explain());
  commands.push_back(make_senders());
  commands.push_back(make_check());
  commands.push_back(make_judge());
  commands.push_back(make_log());
  commands.push_back(make_report());
  commands.push_back(make_control());
  commands.push_back(make_completion());
  return commands;
}

} // namespace tempfail::cli
