// The message made for a case is what its plan says, and valid.
#include "control/test_message.hpp"
#include "mime/marks.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace tempfail;
using control::make_test_message;

namespace {

control::MessageDetails details() {
  control::MessageDetails result;
  result.sender = "sender@client.test";
  result.recipients = {"one@mx.test", "two@mx.test"};
  result.message_id = "case-1@client.test";
  result.subject = "disk-full";
  result.unix_seconds = 1700000000; // Tue, 14 Nov 2023 22:13:20 UTC
  return result;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

} // namespace

TEST_CASE("test_message_has_the_fields_of_rfc_5322") {
  const std::string text = make_test_message({}, details());
  CHECK(text.starts_with("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"));
  CHECK(contains(text, "\r\nFrom: <sender@client.test>\r\n"));
  CHECK(contains(text, "\r\nTo: <one@mx.test>,\r\n <two@mx.test>\r\n"));
  CHECK(contains(text, "\r\nMessage-ID: <case-1@client.test>\r\n"));
  CHECK(contains(text, "charset=us-ascii\r\n"));
  CHECK(contains(text, "\r\n\r\n"));
  CHECK(contains(text, "\r\n.tempfail-mark-1-dot.\r\n"));
  CHECK_FALSE(contains(text, "\r\n.\r\n"));
}

TEST_CASE("test_message_lines_end_with_cr_lf_and_are_short") {
  scenario::TestMessage plan;
  plan.size = 100000;
  const std::string text = make_test_message(plan, details());
  CHECK(text.size() >= 100000);
  CHECK(text.size() < 100100);
  CHECK(count(text, "\n") == count(text, "\r\n"));
  CHECK(count(text, "\r") == count(text, "\r\n"));
  std::size_t longest = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    REQUIRE(end != std::string::npos);
    longest = std::max(longest, end - at + 1);
    at = end + 1;
  }
  CHECK(longest <= 78 + 2);
}

TEST_CASE("test_message_in_other_character_sets_stays_seven_bit") {
  for (const char* charset : {"utf-8", "iso-8859-7", "iso-2022-jp", "windows-1251"}) {
    scenario::TestMessage plan;
    plan.charset = charset;
    const std::string text = make_test_message(plan, details());
    CHECK(contains(text, std::string("charset=") + charset + "\r\n"));
    CHECK(contains(text, "quoted-printable"));
    CHECK(std::all_of(text.begin(), text.end(),
                      [](char c) { return (static_cast<unsigned char>(c) & 0x80U) == 0; }));
  }
}

TEST_CASE("test_message_has_its_marks_whatever_its_size_and_character_set") {
  for (const std::string charset : {"us-ascii", "utf-8", "koi8-r", "iso-2022-jp"}) {
    const bool has_letters = charset == "utf-8" || charset == "koi8-r";
    for (const std::uint64_t size : {0U, 300U, 20000U}) {
      scenario::TestMessage plan;
      plan.charset = charset;
      plan.size = size;
      control::MessageDetails about = details();
      about.handover = "12";
      const std::string text = make_test_message(plan, about);
      CHECK(text.size() >= size);
      const auto marks = mime::find_marks(text);
      REQUIRE(marks);
      CHECK(marks->found == std::string("12-begin 12-dot ") + (has_letters ? "12-letters " : "") +
                                "12-end 12-attachment");
      CHECK(marks->letters.has_value() == has_letters);
      CHECK(marks->repeated.empty());
      CHECK(marks->missing_fields.empty());
      CHECK(mime::find_marks(text.substr(0, text.find("\r\n.tempfail")))->found == "12-begin");
    }
  }
}

TEST_CASE("test_message_has_the_received_fields_asked_for") {
  scenario::TestMessage plan;
  plan.received_fields = 120;
  const std::string text = make_test_message(plan, details());
  CHECK(count(text, "Received: from") == 120);
  CHECK(text.starts_with("Received: from hop119"));
}
