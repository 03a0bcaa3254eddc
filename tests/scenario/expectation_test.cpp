// The list of expectations is sound.
#include "scenario/expectation.hpp"
#include "support/catch.hpp"

#include <set>

using namespace tempfail::scenario;

TEST_CASE("every expectation has a unique name, and words where it needs them", "[expectation]") {
  std::set<std::string_view> names;
  for (const ExpectationKind& kind : expectation_kinds()) {
    CHECK(names.insert(kind.name).second);
    const bool has_words =
        kind.type == ExpectationType::word || kind.type == ExpectationType::notification;
    CHECK(kind.words.empty() != has_words);
    CHECK(find_expectation_kind(kind.name) == &kind);
  }
  CHECK(find_expectation_kind("retries") == nullptr);
}
