// Every fuzz target over the corpus and some thousand mutations of it, the same in each run. A broken
// invariant ends the program and says which.
#include "fuzz/corpus.hpp"
#include "fuzz/targets.hpp"

#include "support/catch.hpp"

using namespace tempfail;

namespace {

constexpr std::uint64_t mutations = 6000;

void run(void (*target)(std::string_view),
         const std::vector<std::string>& corpus = fuzz::corpus()) {
  for (const std::string& input : corpus)
    target(input);
  for (std::uint64_t number = 0; number < mutations; ++number)
    target(fuzz::mutation(number, corpus));
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
