// What the words of the help texts mean to the completion scripts.
#include "cli/completion.hpp"
#include "support/catch.hpp"

using namespace tempfail::cli;

TEST_CASE("value_kind_by_the_word") {
  CHECK(value_kind("") == ValueKind::none);
  CHECK(value_kind("FILE") == ValueKind::file);
  CHECK(value_kind("DIR") == ValueKind::directory);
  CHECK(value_kind("SCENARIO") == ValueKind::scenario);
  CHECK(value_kind("real|manual") == ValueKind::words);
  CHECK(value_kind("SECONDS") == ValueKind::other);
}

TEST_CASE("argument_kind_of_every_command") {
  for (const Command& command : all_commands()) {
    const ValueKind kind = argument_kind(command.manual);
    const std::string& name = command.manual.name;
    if (name == "serve" || name == "test" || name == "list" || name == "show")
      CHECK(kind == ValueKind::scenario);
    if (name == "check" || name == "judge" || name == "control") CHECK(kind == ValueKind::file);
    if (name == "completion" || name == "lab" || name == "report") CHECK(kind == ValueKind::words);
    CHECK((later_argument_kind(command.manual) == ValueKind::file) ==
          (kind == ValueKind::file || name == "report"));
    if (name == "explain") CHECK(kind == ValueKind::other);
  }
}
