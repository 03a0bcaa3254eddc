// The list of subcommands.
#include "cli/command.hpp"

namespace tempfail::cli {

std::vector<Command> all_commands() {
  std::vector<Command> commands;
#ifdef TEMPFAIL_WITH_NET
  commands.push_back(make_serve());
#endif
#ifdef TEMPFAIL_WITH_VERDICT
  commands.push_back(make_test());
#endif
  commands.push_back(make_list());
  commands.push_back(make_show());
  commands.push_back(make_explain());
  commands.push_back(make_check());
#ifdef TEMPFAIL_WITH_VERDICT
  commands.push_back(make_judge());
#endif
  commands.push_back(make_control());
  commands.push_back(make_completion());
  return commands;
}

} // namespace tempfail::cli
