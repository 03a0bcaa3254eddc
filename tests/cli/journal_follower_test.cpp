// A journal that is read while it is written.
#include "cli/journal_follower.hpp"
#include "journal/recorder.hpp"
#include "support/catch.hpp"

#include <cstdlib>
#include <fstream>
#include <system_error>

using namespace tempfail;

TEST_CASE("journal_follower_reads_on_and_waits_for_whole_lines") {
  std::string name = (std::filesystem::temp_directory_path() / "tempfail-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  const std::filesystem::path file = std::filesystem::path(name) / "journal.jsonl";
  cli::JournalFollower follower(file);
  CHECK_THROWS_AS(follower.read_on(), std::system_error);
  std::string line;
  journal::encode({Moment{}, 0, 0, journal::event::Note{"one"}, 1}, line);
  const auto add = [&file](std::string_view text) {
    std::ofstream(file, std::ios::app | std::ios::binary) << text;
  };
  add(line);
  CHECK(follower.read_on().events().size() == 1);
  add(line + line.substr(0, 10));
  CHECK(follower.read_on().events().size() == 2);
  add(line.substr(10));
  const journal::Journal& journal = follower.read_on();
  CHECK(journal.events().size() == 3);
  CHECK(journal.bad_lines().empty());
  CHECK(std::get<journal::event::Note>(journal.events().back().body).text == "one");
  // The file is moved away, something is still written to it, and a new one follows.
  const std::filesystem::path aside = std::filesystem::path(name) / "journal.jsonl.1";
  std::filesystem::rename(file, aside);
  CHECK(follower.read_on().events().size() == 3);
  std::ofstream(aside, std::ios::app | std::ios::binary) << line;
  add(line + line);
  CHECK(follower.read_on().events().size() == 6);
  std::filesystem::remove_all(name);
}
