// Every fuzz target over the corpus and some thousand mutations of it, the same in each run. A broken
// invariant ends the program and says which.
#include "fuzz/corpus.hpp"
#include "fuzz/targets.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace tempfail;

namespace {

constexpr std::uint64_t mutations = 6000;

void run(void (*target)(std::string_view), const std::vector<std::string>& inputs = fuzz::corpus(),
         std::uint64_t count = mutations) {
  REQUIRE(inputs.size() > 5);
  for (const std::string& input : inputs)
    target(input);
  for (std::uint64_t number = 0; number < count; ++number)
    target(fuzz::mutation(inputs, number));
  SUCCEED();
}

} // namespace

TEST_CASE("fuzz: lines") {
  run(fuzz::fuzz_lines);
}
TEST_CASE("fuzz: commands") {
  run(fuzz::fuzz_commands);
}
TEST_CASE("fuzz: content") {
  run(fuzz::fuzz_content);
}
TEST_CASE("fuzz: session") {
  run(fuzz::fuzz_session);
}
TEST_CASE("fuzz: names") {
  run(fuzz::fuzz_names);
}
TEST_CASE("fuzz: http") {
  run(fuzz::fuzz_http, fuzz::http_corpus());
  run(fuzz::fuzz_http);
}
TEST_CASE("fuzz: scenario_file") {
  run(fuzz::fuzz_scenario_file);
}
TEST_CASE("fuzz: replies") {
  run(fuzz::fuzz_replies);
}
TEST_CASE("fuzz: notification") {
  run(fuzz::fuzz_notification, fuzz::notification_corpus());
}
TEST_CASE("fuzz: report") {
  run(fuzz::fuzz_report, fuzz::report_corpus(), 3000); // each is written in every form
}
TEST_CASE("fuzz: journal") {
  run(fuzz::fuzz_journal, fuzz::journal_corpus(), 2000); // each is judged, which takes longer
}
