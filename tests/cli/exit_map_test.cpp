// What --exit says of exit statuses.
#include "cli/error.hpp"
#include "cli/exit_map.hpp"
#include "support/catch.hpp"

using namespace tempfail::cli;

TEST_CASE("exit map: statuses mean what was said, and nothing else does") {
  const ExitMap map({"temporary=4,75", "permanent=1", "delivered=0,255", "temporary=4"});
  CHECK(map.meaning(4) == "temporary");
  CHECK(map.meaning(75) == "temporary");
  CHECK(map.meaning(1) == "permanent");
  CHECK(map.meaning(0) == "delivered");
  CHECK(map.meaning(255) == "delivered");
  CHECK(map.meaning(2).empty());
  CHECK(ExitMap().meaning(0).empty());
}

TEST_CASE("exit map: what is wrong is named") {
  const auto complaint = [](std::vector<std::string> values) -> std::string {
    try {
      const ExitMap map(values);
    } catch (const UsageError& error) {
      return error.what();
    }
    return {};
  };
  CHECK(complaint({"temporary"}).starts_with("--exit temporary: there is no '='"));
  CHECK(complaint({"later=4"}).starts_with("--exit later=4: 'later' is not a meaning"));
  for (const auto* status : {"", "x", "-1", "256", "4 ", "4.0"})
    CHECK(complaint({std::string("temporary=") + status})
              .find(std::string("'") + status + "' is not a valid exit status") !=
          std::string::npos);
  CHECK(complaint({"temporary=4,"}).find("'' is not a valid exit status") != std::string::npos);
  CHECK(complaint({"temporary=4", "permanent=4"}).find("status 4 already means temporary") !=
        std::string::npos);
}
