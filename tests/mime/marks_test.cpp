// Marks are found again whatever was done to the message, and hostile messages cost little.
#include "mime/marks.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using mime::find_marks;
using mime::mark_text;
using mime::MarkPlace;

namespace {

std::string found(const std::string& content) {
  const auto marks = find_marks(content);
  return marks ? marks->found : "nobody looked";
}

std::string part(const std::string& fields, const std::string& body) {
  return fields + "\r\n\r\n" + body + "\r\n";
}

std::string multipart(const std::string& type, std::initializer_list<std::string> parts) {
  std::string text =
      "MIME-Version: 1.0\r\nContent-Type: multipart/" + type + "; boundary=b" + type + "\r\n\r\n";
  for (const std::string& one : parts)
    text += "--b" + type + "\r\n" + one;
  return text + "--b" + type + "--\r\n";
}

const std::string begin = mark_text("1", MarkPlace::begin);
const std::string end = mark_text("1", MarkPlace::end);

} // namespace

TEST_CASE("marks: a mark is one word of plain ASCII") {
  CHECK(begin == "tempfail-mark-1-begin.");
  CHECK(mark_text("a7", MarkPlace::attachment) == "tempfail-mark-a7-attachment.");
}

TEST_CASE("marks: in a plain text, each once, in order") {
  CHECK(found(part("Subject: x", begin + "\r\ntext\r\n" + end)) == "1-begin 1-end");
  CHECK(found(part("Subject: x", end + begin + end + " footer")) == "1-end 1-begin");
  CHECK(found(part("Subject: x", "text")).empty());
  CHECK(found("").empty());
}

TEST_CASE("marks: of several handovers are told apart") {
  CHECK(found(part("A: b", mark_text("12", MarkPlace::begin) + "\r\n" + begin)) ==
        "12-begin 1-begin");
}

TEST_CASE("marks: a cut or altered one is none") {
  CHECK(found(part("A: b", "tempfail-mark-1-begin")).empty());
  CHECK(found(part("A: b", "tempfail-mark-1-beginning.")).empty());
  CHECK(found(part("A: b", "tempfail-mark--begin.")).empty());
  CHECK(found(part("A: b", "tempfail-mark-123456789012345678901-begin.")).empty());
  CHECK(found("Subject: " + begin + "\r\n\r\ntext\r\n").empty());
}

TEST_CASE("marks: after quoted-printable, base64 and wrapping") {
  CHECK(found(part("Content-Transfer-Encoding: quoted-printable",
                   "tempfail=2Dmark-1-be=\r\ngin=2E")) == "1-begin");
  CHECK(found(part("Content-Transfer-Encoding: base64", "dGVtcGZhaWwtbWFyay0x\r\nLWJlZ2luLg==")) ==
        "1-begin");
  CHECK(found(part("A: b", "tempfail-mark-1-\r\n  begin.")) == "1-begin");
  CHECK(found(part("Content-Type: text/html", "<p>" + begin + "<br>" + end)) == "1-begin 1-end");
}

TEST_CASE("marks: across the pieces in which a long part is decoded") {
  for (std::size_t filler = 16384 - 30; filler < 16384 + 5; ++filler)
    CHECK(found(part("A: b", std::string(filler, 'x') + begin + "y")) == "1-begin");
}

TEST_CASE("marks: in all parts, forwarded messages too, but not in what a notification returns") {
  const std::string attachment =
      part("Content-Type: text/plain\r\nContent-Disposition: attachment\r\n"
           "Content-Transfer-Encoding: base64",
           "dGVtcGZhaWwtbWFyay0xLWF0dGFjaG1lbnQu");
  CHECK(found(multipart("mixed", {part("Content-Type: text/plain", begin), attachment})) ==
        "1-begin 1-attachment");
  const std::string original = part("Content-Type: message/rfc822", part("Subject: x", begin));
  CHECK(found(multipart("mixed", {original})) == "1-begin");
  CHECK(found(multipart("report", {part("Content-Type: text/plain", "It failed."), original}))
            .empty());
}

TEST_CASE("marks: the text's size is that of the decoded bodies without white space") {
  const auto size = [](const std::string& content) { return find_marks(content)->text_size; };
  CHECK(size(part("Subject: many words", "a b\r\n\tc ")) == 3);
  CHECK(size(part("Content-Transfer-Encoding: base64", "YSBi")) == 2);
  CHECK(size(multipart("mixed", {part("Content-Type: text/plain", "ab"),
                                 part("Content-Type: image/png", "cd")})) == 4);
  CHECK(size("Subject: nothing\r\n\r\n") == 0);
}

TEST_CASE("marks: over a limit nobody looks") {
  const auto many = [](std::size_t count, const std::string& text) {
    std::string content = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (std::size_t i = 0; i < count; ++i)
      content += text;
    return content;
  };
  const std::string one = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n";
  const mime::MarkLimits limits;
  CHECK(find_marks(many(limits.message.boundaries, one)));
  CHECK_FALSE(find_marks(many(limits.message.boundaries + 1, one)));
  CHECK_FALSE(find_marks(many(limits.message.fields + 1, "a: b\r\n")));
  CHECK_FALSE(find_marks(std::string(limits.message.content + 1, 'x')));
  std::string deep;
  for (int i = 0; i < 200; ++i) {
    const std::string name = "b" + std::to_string(i);
    deep += "Content-Type: multipart/mixed; boundary=" + name + "\r\n\r\n--" + name + "\r\n";
  }
  CHECK_FALSE(find_marks(deep + "\r\nx\r\n"));
  std::string marks;
  for (std::size_t i = 0; i <= limits.marks + 1; ++i)
    marks += mark_text(std::to_string(i), MarkPlace::begin);
  CHECK_FALSE(find_marks(part("A: b", marks)));
}
