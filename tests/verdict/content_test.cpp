// Whether the judge knows the message again.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

constexpr const char* all_marks = "1-begin 1-end 1-attachment";

Finding content(const Conversation& talk) {
  return test::finding(judge(test::expecting({}), talk.journal()), "content");
}

struct Copy {
  std::string_view marks;
  std::optional<std::uint64_t> text_size;
  const char* reply = "250 Ok";
};

/// These copies, one after the other, of a message that was handed over.
Conversation copies(std::string_view kind, const std::vector<Copy>& all) {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test"}, "a@sender.test", kind);
  for (std::size_t i = 0; i < all.size(); ++i) {
    talk.session(i + 1, i * 40min).ehlo().mail().rcpt().data();
    talk.content(all[i].marks, all[i].text_size, {}).message(all[i].reply).quit();
  }
  return talk;
}

} // namespace

TEST_CASE("content_that_was_given_has_every_mark") {
  CHECK(content(copies("given", {{all_marks, 400}})).actual == "all of the message arrived");
  CHECK(content(copies("given", {{"1-end 9-begin 1-attachment 1-begin", 10}})).outcome ==
        Outcome::pass);
  for (const auto* marks :
       {"", "1-begin", "1-begin 1-end", "1-end 1-attachment", "2-begin 2-end 2-attachment",
        "11-begin 1-end 1-attachment", "1-begin-1 1-end 1-attachment"}) {
    INFO(marks);
    CHECK(content(copies("given", {{marks, 400}})).outcome == Outcome::fail);
  }
}

TEST_CASE("content_that_is_refused_may_be_anything") {
  CHECK(content(copies("given", {{"1-begin", 10, "452 Full"}, {all_marks, 400}})).outcome ==
        Outcome::pass);
  CHECK(content(copies("given", {{"", 10, "452 Full"}})).outcome == Outcome::not_applicable);
}

TEST_CASE("content_is_the_given_one_wherever_a_copy_has_a_mark") {
  CHECK(content(copies("", {{all_marks, 400, "452 Full"}, {"", 400}})).outcome == Outcome::fail);
  CHECK(content(copies("", {{"", 400, "452 Full"}, {"", 400}})).outcome == Outcome::pass);
}

TEST_CASE("content_of_its_own_is_not_less_than_in_a_copy_before") {
  const auto outcome = [](std::uint64_t before, std::uint64_t now) {
    return content(copies("", {{"", before, "452 Full"}, {"", now}})).outcome;
  };
  CHECK(outcome(1000, 1000) == Outcome::pass);
  CHECK(outcome(1000, 2000) == Outcome::pass);
  CHECK(outcome(1000, 916) == Outcome::pass); // 64 bytes and a fiftieth are forgiven
  CHECK(outcome(1000, 915) == Outcome::fail);
  CHECK(outcome(10, 1) == Outcome::pass);
  CHECK(outcome(10, 0) == Outcome::fail);
  CHECK(outcome(0, 0) == Outcome::pass);
}

TEST_CASE("content_of_its_own_is_held_against_the_fullest_copy") {
  CHECK(content(copies("", {{"", 1000, "452 Full"}, {"", 500, "452 Full"}, {"", 600}})).outcome ==
        Outcome::fail);
  CHECK(content(copies("", {{"", 500}, {"", 1000}})).outcome == Outcome::pass);
  CHECK(content(copies("", {{"", 500}})).actual == "no copy has less text than an earlier one");
}

TEST_CASE("content_nobody_looked_into_tells_nothing") {
  CHECK(content(copies("given", {{"", {}}})).outcome == Outcome::not_applicable);
  CHECK(content(copies("", {{"", 400, "452 Full"}, {"", {}}})).outcome == Outcome::not_applicable);
  Conversation nobody_said;
  nobody_said.session(1, 0s)
      .ehlo()
      .mail()
      .rcpt()
      .data()
      .content("", 400, {})
      .message("452 Full")
      .quit();
  nobody_said.session(2, 40min).ehlo().mail().rcpt().data().content("", 0, {}).message().quit();
  CHECK(content(nobody_said).outcome == Outcome::not_applicable);
}

TEST_CASE("content_is_compared_across_recipients") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test", "c@rcpt.test"});
  talk.session(1, 0s).ehlo().mail().rcpt().data().content("", 1000, {}).message().quit();
  talk.session(2, 1s)
      .ehlo()
      .mail()
      .rcpt("250 Ok", "c@rcpt.test")
      .data()
      .content("", 2, {})
      .message()
      .quit();
  const Finding found = content(talk);
  CHECK(found.outcome == Outcome::fail);
  CHECK(found.evidence.size() == 2);
}

TEST_CASE("recipients_are_known_where_something_was_handed_over") {
  const auto recipients = [](const Conversation& talk) {
    return test::finding(judge(test::expecting({}), talk.journal()), "recipients").outcome;
  };
  Conversation served;
  served.session(1, 0s).ehlo().deliver();
  CHECK(recipients(served) == Outcome::not_applicable);
  CHECK(recipients(served.handover()) == Outcome::pass);
  // A notification goes to the sender, and a message refused at RCPT for a stranger was still meant for it.
  served.session(2, 1s).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
  served.content("dsn").message().quit();
  CHECK(recipients(served) == Outcome::pass);
  served.session(3, 2s).ehlo().mail().rcpt("550 No", "x@rcpt.test").quit();
  CHECK(recipients(served) == Outcome::fail);
}

TEST_CASE("content_whose_middle_is_missing_has_all_marks") {
  const auto copies = [](std::uint64_t handed_over, std::initializer_list<std::uint64_t> sizes) {
    test::Conversation talk;
    talk.handover("1", {"b@rcpt.test"}, "a@sender.test", "given");
    talk.text_size_last(handed_over);
    std::uint64_t number = 0;
    for (const std::uint64_t size : sizes) {
      ++number;
      talk.session(number, number * std::chrono::minutes(30)).ehlo().mail().rcpt().data();
      talk.content("1-begin 1-end 1-attachment", size, {});
      talk.message(number == sizes.size() ? "250 Ok" : "451 Later").quit();
    }
    return test::finding(judge(test::expecting({}), talk.journal()), "content");
  };
  CHECK(copies(300000, {300000}).outcome == Outcome::pass);
  CHECK(copies(300000, {300500}).outcome == Outcome::pass); // a footer
  CHECK(copies(300000, {299984}).outcome == Outcome::pass); // letters in another character set
  CHECK(copies(300000, {299983}).outcome == Outcome::fail);
  CHECK(copies(300000, {800}).actual ==
        "b@rcpt.test: what was accepted is not the message: its text has 800 bytes without white "
        "space, and 300000 were handed over (500 bytes arrived; 500 were handed over)");
  CHECK(copies(0, {150000, 800}).outcome ==
        Outcome::fail); // not known, but an earlier copy had more
  CHECK(copies(0, {800, 800}).outcome == Outcome::pass);
}
