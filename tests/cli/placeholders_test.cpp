// What becomes of {host} and friends.
#include "cli/error.hpp"
#include "cli/placeholders.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace tempfail::cli;

namespace {

PlaceholderValues sample() {
  PlaceholderValues values;
  values.host = "127.0.0.1";
  values.port = "2525";
  values.scenario = "disk-full";
  values.sender = "sender@example.test";
  values.recipients = {"a@example.test", "b@example.test"};
  values.message = "/tmp/case/message.eml";
  values.case_directory = "/tmp/case";
  values.time_scale = "60";
  return values;
}

std::string filled(std::string_view text) {
  return fill_placeholders(text, sample());
}

} // namespace

TEST_CASE("placeholders_are_filled_in") {
  CHECK(filled("{host}:{port}") == "127.0.0.1:2525");
  CHECK(filled("{scenario}") == "disk-full");
  CHECK(filled("{recipient}") == "a@example.test");
  CHECK(filled("{recipients}") == "a@example.test,b@example.test");
  CHECK(filled("@{message}") == "@/tmp/case/message.eml");
  CHECK(filled("{case_dir}/queue {time_scale}") == "/tmp/case/queue 60");
}

TEST_CASE("placeholders_leave_other_braces_alone") {
  CHECK(filled("awk '{print $1}'") == "awk '{print $1}'");
  CHECK(filled("{}") == "{}");
  CHECK(filled("{\"a\": 1}") == "{\"a\": 1}");
  CHECK(filled("${host}") == "${host}");
  CHECK(filled("{{host}") == "{host}");
  CHECK(filled("a{") == "a{");
  CHECK(filled("{host") == "{host");
}

TEST_CASE("placeholder_unknown_lists_the_allowed") {
  try {
    filled("--to {recipiant}");
    FAIL("accepted");
  } catch (const UsageError& error) {
    const std::string what = error.what();
    CHECK(what.find("unknown placeholder {recipiant}; did you mean {recipient}?") == 0);
    for (const PlaceholderInfo& info : placeholders())
      CHECK(what.find("{" + std::string(info.name) + "}") != std::string::npos);
  }
}

TEST_CASE("placeholders_are_in_the_environment") {
  const std::vector<std::string> environment = placeholder_environment(sample());
  const auto has = [&](const std::string& entry) {
    return std::find(environment.begin(), environment.end(), entry) != environment.end();
  };
  CHECK(environment.size() == placeholders().size());
  CHECK(has("TEMPFAIL_HOST=127.0.0.1"));
  CHECK(has("TEMPFAIL_PORT=2525"));
  CHECK(has("TEMPFAIL_RECIPIENTS=a@example.test b@example.test"));
  CHECK(has("TEMPFAIL_MESSAGE=/tmp/case/message.eml"));
}
