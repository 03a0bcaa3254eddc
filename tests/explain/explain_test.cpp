// Every code that guides print is explained, in both notations.
#include "explain/codes.hpp"
#include "explain/explain.hpp"
#include "support/catch.hpp"

#include <set>
#include <string>

using namespace tempfail;

TEST_CASE("explain_knows_every_documented_code_in_both_notations") {
  for (const auto* status :
       {"4.2.0", "4.2.1", "4.2.2", "4.3.1", "4.3.2", "4.4.1", "4.4.2", "4.4.3", "4.4.6", "4.4.7",
        "4.4.9", "4.5.0", "4.5.1", "4.5.2", "4.6.5", "4.7.1", "4.5.3", "4.7.0"}) {
    INFO(status);
    std::string digits = status;
    digits.erase(std::remove(digits.begin(), digits.end(), '.'), digits.end());
    REQUIRE(explain::find(status) != nullptr);
    REQUIRE(explain::find(digits) == explain::find(status));
    REQUIRE(explain::same_status(status, digits));
  }
  for (const auto* code :
       {"5.4.1", "5.4.4", "5.1.1", "5.1.3", "5.3.4", "5.7.1", "521",   "556", "530", "5.7.0", "550",
        "553",   "552",   "554",   "535",   "5.7.8", "5.4.6", "5.4.7", "541", "544", "5.2.2"}) {
    INFO(code);
    REQUIRE(explain::find(code) != nullptr);
  }
}

TEST_CASE("explain_entries_are_complete_and_unique") {
  std::set<std::string_view> seen;
  for (const explain::Entry& entry : explain::all()) {
    INFO(entry.status);
    REQUIRE(seen.insert(entry.status).second);
    for (const std::string& text : {entry.status, entry.title, entry.meaning, entry.registered,
                                    entry.who, entry.why, entry.advice, entry.when})
      REQUIRE_FALSE(text.empty());
    for (const std::string& sentence :
         {entry.meaning, entry.who, entry.why, entry.advice, entry.when})
      REQUIRE(std::string_view(".)").find(sentence.back()) != std::string_view::npos);
    REQUIRE_FALSE(entry.wire.empty());
    REQUIRE_FALSE(entry.sources.empty());
    for (const std::string& source : entry.sources)
      REQUIRE(source.starts_with("RFC "));
  }
}

TEST_CASE("explain_finds_a_code_in_a_reply_as_logged") {
  REQUIRE(explain::find("421 4.3.2 Closing")->status == "4.3.2");
  REQUIRE(explain::find("452-4.3.1 Insufficient")->status == "4.3.1");
  REQUIRE(explain::find(" 432 ")->status == "4.3.2");
  REQUIRE(explain::find("550 5.9.9 x") == nullptr);
  REQUIRE(explain::find("550")->status == "5.1.1");
  REQUIRE(explain::find_all("550").size() == 2);
}

TEST_CASE("explain_falls_back_to_the_class_by_the_first_digit") {
  REQUIRE(explain::find("4.9.9") == nullptr);
  REQUIRE(explain::find_class("4.9.9")->title == "Transient failure");
  REQUIRE(explain::find_class("599")->title == "Permanent failure");
  REQUIRE(explain::find_class("250")->title == "Success");
  for (const auto* text :
       {"", "hello", "354", "1.2.3", "4..1", "4.1", "4.1.1.1", "4.1234.1", "42", "4211"}) {
    INFO(text);
    REQUIRE(explain::find_class(text) == nullptr);
    REQUIRE(explain::find(text) == nullptr);
  }
}

TEST_CASE("explain_same_status_does_not_confuse_neighbours") {
  REQUIRE_FALSE(explain::same_status("4.3.2", "431"));
  REQUIRE_FALSE(explain::same_status("4.3.2", "5.3.2"));
  REQUIRE(explain::same_status("421 4.3.2", "432"));
}

TEST_CASE("explain_registry_is_unique_and_agrees_with_the_entries") {
  std::set<std::string_view> seen;
  for (const explain::Registered& registered : explain::registered_statuses()) {
    INFO(registered.code);
    REQUIRE(seen.insert(registered.code).second);
    REQUIRE(explain::find_registered("4." + std::string(registered.code)) == &registered);
    REQUIRE(explain::find_registered("5." + std::string(registered.code)) == &registered);
  }
  // 4.4.9 is Exchange's own, and its entry says so.
  for (const explain::Entry& entry : explain::all()) {
    INFO(entry.status);
    const bool own = entry.registered.find("Not registered") != std::string_view::npos;
    REQUIRE((explain::find_registered(entry.status) == nullptr) == own);
  }
}

TEST_CASE("explain_tells_what_a_standard_knows_from_what_none_does") {
  REQUIRE(explain::find_registered("550 5.7.27 no")->name == "Sender address has null MX");
  REQUIRE(explain::find_registered("5.7.27")->source == "RFC 7505");
  REQUIRE(explain::find_registered("4.7.28")->name == "Mail flood detected");
  REQUIRE(explain::find_registered("502")->name == "Command not implemented");
  for (const auto* code : {"4.7.500", "5.4.14", "4.4.9", "499", "599", "5.7.31", "5.7", "", "x"}) {
    INFO(code);
    REQUIRE(explain::find_registered(code) == nullptr);
  }
}

TEST_CASE("explain_reads_its_own_data_without_a_mistake") {
  scenario::Mistakes mistakes("codes.yaml");
  const explain::Codes codes = explain::read_codes(explain::embedded_codes(), mistakes);
  for (const auto& mistake : mistakes.take())
    FAIL_CHECK(mistake.to_string());
  CHECK(codes.entries.size() == explain::all().size());
  CHECK(codes.entries.size() > 50);
  CHECK(codes.classes.size() == 3);
}

TEST_CASE("explain_says_where_its_data_is_wrong") {
  const auto first_mistake = [](std::string_view text) {
    scenario::Mistakes mistakes("codes.yaml");
    const explain::Codes codes = explain::read_codes(text, mistakes);
    CHECK(codes.entries.empty());
    const auto found = mistakes.take();
    return found.empty() ? std::string() : found.front().to_string();
  };
  const std::string entry =
      "codes:\n  - status: 4.9.9\n    title: t\n    meaning: m\n    registered: r\n"
      "    who: w\n    why: y\n    advice: a\n    wire: [w]\n    sources: [s]\n";
  CHECK(first_mistake(entry + "    kind: heard\nclasses: []\n").find("codes.yaml:11:11: `heard`") ==
        0);
  CHECK(first_mistake(entry + "classes: []\n").find("codes.yaml:2:5: `kind` is missing") == 0);
  CHECK(first_mistake(entry + "    kind: said\n    cause: c\nclasses: []\n")
            .find("codes.yaml:12:5: unknown key `cause`") == 0);
  CHECK(first_mistake("classes: []\n").find("`codes` is missing") != std::string::npos);
}
