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

TEST_CASE("return_path_is_an_address_where_the_message_has_an_author") {
  const auto outcome = [](const char* author, const char* sender) {
    Conversation talk;
    talk.handover("1", {"b@rcpt.test"}, author).session(1, 0s).ehlo().mail("250 Ok", sender);
    talk.rcpt().data().content().message().quit();
    return test::finding(judge(test::expecting({}), talk.journal()), "return-path").outcome;
  };
  CHECK(outcome("a@sender.test", "a@sender.test") == Outcome::pass);
  CHECK(outcome("a@sender.test", "bounce+1@sender.test") == Outcome::pass);
  CHECK(outcome("a@sender.test", "") == Outcome::fail);
  CHECK(outcome("", "") == Outcome::not_applicable);
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
        "the content that was accepted for b@rcpt.test is not the whole message: its text has 800 "
        "bytes without white space, and 300000 were handed over (500 bytes arrived; 500 were "
        "handed over)");
  CHECK(copies(0, {150000, 800}).outcome ==
        Outcome::fail); // not known, but an earlier copy had more
  CHECK(copies(0, {800, 800}).outcome == Outcome::pass);
}

namespace {

constexpr const char* given_marks = "1-begin 1-dot 1-letters 1-end 1-attachment";

journal::event::Content intact() {
  journal::event::Content copy;
  copy.message_id = "m1@sender.test";
  copy.size = 500;
  copy.marks = given_marks;
  copy.letters = "äöü";
  copy.text_size = 400;
  return copy;
}

/// A message with all marks that was handed over with another one, and what arrived of it.
Conversation arrived(const journal::event::Content& copy, std::string_view not_given = {}) {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test"}, "a@sender.test", "given", "m1@sender.test");
  talk.marks_last(given_marks, "äöü", not_given).text_size_last(400);
  talk.handover("2", {"b@rcpt.test"}, "a2@sender.test", "given", "m2@sender.test");
  talk.marks_last("2-begin 2-dot 2-end 2-attachment");
  return talk.session(1, 1s).ehlo().mail().rcpt().data().content(copy).message().quit();
}

/// What the judge says of an intact copy after a change.
template <typename Change>
std::string wrong_after(Change&& change) {
  journal::event::Content copy = intact();
  change(copy);
  const Finding found = content(arrived(copy));
  if (found.outcome == Outcome::fail) return found.actual;
  return found.outcome == Outcome::pass ? "pass" : "not judged";
}

using Copied = journal::event::Content;
using Catch::Contains;

} // namespace

TEST_CASE("content_that_arrives_as_it_was_handed_over_is_right") {
  CHECK(content(arrived(intact())).outcome == Outcome::pass);
  CHECK(wrong_after([](Copied& copy) { copy.message_id = "new@elsewhere.test"; }) == "pass");
  CHECK(wrong_after([](Copied& copy) { copy.message_id = {}; }) == "pass");
  CHECK(wrong_after([](Copied& copy) { copy.letters.reset(); }) == "pass"); // nobody could tell
  CHECK(wrong_after([](Copied& copy) { copy.text_size = 900; }) == "pass"); // a footer
  CHECK(wrong_after([](Copied& copy) {
          copy.marks = "1-attachment 1-end 1-begin 1-dot 1-letters";
        }) == "pass");
}

TEST_CASE("content_whose_line_lost_its_dot_or_has_one_too_many_is_told") {
  CHECK_THAT(wrong_after([](Copied& copy) {
               copy.marks = "1-begin 1-dotless 1-letters 1-end 1-attachment";
             }),
             Contains("the line that begins with a dot lost its dot"));
  CHECK_THAT(wrong_after([](Copied& copy) {
               copy.marks = "1-begin 1-dotdot 1-letters 1-end 1-attachment";
             }),
             Contains("arrived with several dots"));
  CHECK_THAT(wrong_after([](Copied& copy) { copy.marks = "1-begin 1-letters 1-end 1-attachment"; }),
             Contains("it lacks the line that begins with a dot ("));
}

TEST_CASE("content_of_a_message_without_such_a_line_needs_none") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test"}, "a@sender.test", "given");
  talk.marks_last("1-begin 1-end 1-attachment");
  talk.session(1, 1s).ehlo().mail().rcpt().data();
  talk.content("1-begin 1-end 1-dotless 1-attachment", 400, {}).message().quit();
  CHECK(content(talk).outcome == Outcome::pass);
}

TEST_CASE("content_that_is_in_one_copy_twice_is_told") {
  CHECK_THAT(wrong_after([](Copied& copy) { copy.repeated_marks = "1-begin 1-end"; }),
             Contains("more than once"));
  CHECK(wrong_after([](Copied& copy) { copy.repeated_marks = "7-begin"; }) == "pass");
}

TEST_CASE("content_in_which_letters_were_replaced_is_told") {
  CHECK_THAT(wrong_after([](Copied& copy) { copy.letters = "???"; }),
             Contains("its non-ASCII letters, äöü, arrived as ???"));
  CHECK_THAT(wrong_after([](Copied& copy) { copy.letters = ""; }),
             Contains("its non-ASCII letters, äöü, are missing"));
}

TEST_CASE("content_without_a_field_that_was_handed_over_is_told") {
  CHECK_THAT(wrong_after([](Copied& copy) { copy.missing_fields = "From Subject"; }),
             Contains("its header lacks From and Subject"));
  Copied copy = intact();
  copy.missing_fields = "Subject";
  CHECK(content(arrived(copy, "Subject")).outcome == Outcome::pass);
  CHECK(content(arrived(copy, "Date")).outcome == Outcome::fail);
}

TEST_CASE("content_of_two_messages_in_one_is_told") {
  CHECK_THAT(wrong_after([](Copied& copy) { copy.message_id = "m2@sender.test"; }),
             Contains("it has the header of message 2 and the text of message 1"));
  CHECK_THAT(wrong_after([](Copied& copy) {
               copy.marks = "1-begin 1-dot 1-letters 1-end 1-attachment 2-end";
             }),
             Contains("it has text of message 2"));
  CHECK(wrong_after([](Copied& copy) {
          copy.marks = "1-begin 1-dot 1-letters 1-end 1-attachment 9-end";
        }) == "pass"); // a mark of no message
}

TEST_CASE("content_under_another_message_s_sender_is_wrong") {
  const auto said = [](const char* sender) {
    Conversation talk;
    talk.handover("1", {"b@rcpt.test"}, "a@sender.test", "given", "m1@sender.test");
    talk.handover("2", {"b@rcpt.test"}, "z@sender.test", "given", "m2@sender.test");
    talk.session(1, std::chrono::seconds(1)).ehlo().mail("250 Ok", sender).rcpt().data();
    talk.content("1-begin 1-end 1-attachment", 400, {}).message().quit();
    const Finding found = test::finding(judge(test::expecting({}), talk.journal()), "content");
    return found.outcome == Outcome::fail ? found.actual : std::string();
  };
  CHECK(said("a@sender.test").empty());
  CHECK(said("prvs=1=a@sender.test").empty());
  CHECK_THAT(said("z@sender.test"), Catch::Contains("its envelope has the sender of message 2"));
}

TEST_CASE("content_of_its_own_may_differ_from_recipient_to_recipient_but_not_be_nothing") {
  const auto outcome = [](std::uint64_t first, std::uint64_t second) {
    Conversation talk;
    talk.handover("1", {"b@rcpt.test", "c@rcpt.test"}, "a@sender.test", "own");
    talk.session(1, 0s).ehlo().mail().rcpt().data().content("", first, {}).message().quit();
    talk.session(2, 1s).ehlo().mail().rcpt("250 Ok", "c@rcpt.test").data();
    talk.content("", second, {}).message().quit();
    return content(talk).outcome;
  };
  CHECK(outcome(3040, 1520) == Outcome::pass);
  CHECK(outcome(1520, 3040) == Outcome::pass);
  CHECK(outcome(3000, 300) == Outcome::pass);
  CHECK(outcome(3000, 299) == Outcome::fail);
  CHECK(outcome(3000, 0) == Outcome::fail);
  // What one of them was offered before, all of it is due.
  Conversation again;
  again.handover("1", {"b@rcpt.test", "c@rcpt.test"}, "a@sender.test", "own");
  again.session(1, 0s).ehlo().mail().rcpt().rcpt("250 Ok", "c@rcpt.test").data();
  again.content("", 3040, {}).message("452 Full").quit();
  again.session(2, 1h).ehlo().mail().rcpt("250 Ok", "c@rcpt.test").data();
  CHECK(content(again.content("", 1520, {}).message().quit()).outcome == Outcome::fail);
}

TEST_CASE("content_with_neither_text_nor_fields_is_no_message") {
  const auto outcome = [](std::string_view missing, std::uint64_t text_size) {
    Conversation talk;
    talk.handover().session(1, 0s).ehlo().mail().rcpt().data();
    journal::event::Content it;
    it.missing_fields = missing;
    it.text_size = text_size;
    return content(talk.content(it).message().quit()).outcome;
  };
  CHECK(outcome("From Date Subject", 0) == Outcome::fail);
  CHECK(outcome("From Date Subject", 1) == Outcome::pass); // an application's own words
  CHECK(outcome("From Date", 0) == Outcome::pass);
  CHECK(outcome("", 0) == Outcome::pass);
}

namespace {

/// A copy with all marks of a message with this text.
Finding copied(std::uint64_t size, std::uint64_t hash, std::string_view repeated_fields = {},
               std::optional<std::string_view> letters = {}) {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test"}, "a@sender.test", "given").text_size_last(400, 7);
  talk.marks_last(all_marks, letters);
  journal::event::Content copy;
  copy.letters = letters;
  copy.marks = all_marks;
  copy.text_size = size;
  copy.text_hash = hash;
  copy.repeated_fields = repeated_fields;
  talk.session(1, 0s).ehlo().mail().rcpt().data().content(copy).message().quit();
  return content(talk);
}

} // namespace

TEST_CASE("content_has_the_same_text_between_its_marks") {
  CHECK(copied(400, 7).outcome == Outcome::pass);
  CHECK(copied(400, 0).outcome == Outcome::pass); // nobody looked
  CHECK(copied(450, 7).outcome == Outcome::pass); // with a footer
  CHECK(copied(450, 8).outcome == Outcome::fail);
  CHECK(copied(400, 8, {}, "ä").outcome == Outcome::pass); // in another character set
  CHECK(copied(400, 8).outcome == Outcome::fail);
  CHECK_THAT(copied(400, 8).actual,
             Catch::Contains("between the marks is not the text that was handed over"));
}

TEST_CASE("content_has_each_field_once_that_may_be_there_once") {
  CHECK_THAT(copied(400, 7, "From Message-ID").actual,
             Catch::Contains("more than one field of these: From Message-ID"));
}

TEST_CASE("content_that_lost_a_line_is_told_by_its_size_and_not_by_a_dot") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test"}, "a@sender.test", "given").text_size_last(400);
  talk.marks_last("1-begin 1-dot 1-end 1-attachment");
  talk.session(1, 0s).ehlo().mail().rcpt().data();
  talk.content("1-begin 1-dotdot 1-end 1-attachment", 300, {}).message().quit();
  CHECK_THAT(content(talk).actual, Catch::Contains("its text has 300 bytes"));
}

TEST_CASE("recipients_keep_the_capitals_of_their_local_parts") {
  const auto outcome = [](const char* written) {
    Conversation talk;
    talk.handover("1", {"Joe.b@rcpt.test"});
    talk.session(1, 0s).ehlo().mail().rcpt("250 Ok", written).data().content().message().quit();
    return test::finding(judge(test::expecting({}), talk.journal()), "recipients").outcome;
  };
  CHECK(outcome("Joe.b@rcpt.test") == Outcome::pass);
  CHECK(outcome("Joe.b@RCPT.test") == Outcome::pass);
  CHECK(outcome("\"Joe.b\"@rcpt.test") == Outcome::pass);
  CHECK(outcome("joe.b@rcpt.test") == Outcome::fail);
  CHECK(outcome("JOE.B@rcpt.test") == Outcome::fail);
  // Both were handed over; and the postmaster is the same in any capitals.
  Conversation both;
  both.handover("1", {"Joe@rcpt.test", "joe@rcpt.test", "postmaster@rcpt.test"})
      .session(1, 0s)
      .ehlo()
      .mail();
  both.rcpt("250 Ok", "joe@rcpt.test")
      .rcpt("250 Ok", "Joe@rcpt.test")
      .rcpt("250 Ok", "Postmaster@rcpt.test");
  both.data().content().message().quit();
  CHECK(test::finding(judge(test::expecting({}), both.journal()), "recipients").outcome ==
        Outcome::pass);
}
