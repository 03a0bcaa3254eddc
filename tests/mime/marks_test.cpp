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

namespace {

const std::string dot = mark_text("1", MarkPlace::dot);
const std::string letters = mark_text("1", MarkPlace::letters);

mime::Marks looked(const std::string& content) {
  const auto marks = find_marks(content);
  REQUIRE(marks);
  return *marks;
}

/// A text with letters after their mark.
std::optional<std::string> letters_in(const std::string& type, const std::string& bytes) {
  return looked(part("Content-Type: " + type, letters + bytes + ".")).letters;
}

} // namespace

TEST_CASE("marks: the dot before a mark is there, was lost or was doubled") {
  CHECK(found(part("A: b", "text:\r\n." + dot)) == "1-dot");
  CHECK(found(part("A: b", "." + dot)) == "1-dot");
  CHECK(found(part("A: b", "text:\r\n" + dot)) == "1-dotless");
  CHECK(found(part("A: b", dot)) == "1-dotless");
  for (const char* dots : {"..", "...", ".\r\n."})
    CHECK(found(part("A: b", "text:\r\n" + std::string(dots) + dot)) == "1-dotdot");
  CHECK(found(part("Content-Transfer-Encoding: quoted-printable", "=2E" + dot)) == "1-dot");
  CHECK(found(part("Content-Type: text/html", "<p>." + dot + "</p>")) == "1-dot");
  CHECK(found(part("A: b", "> ." + dot)) == "1-dot"); // quoted
}

TEST_CASE("marks: the dots before one are counted across the pieces of a long part") {
  for (std::size_t filler = 16384 - 200; filler < 16384 + 5; ++filler) {
    const std::string before(filler, 'x');
    REQUIRE(found(part("A: b", before + "." + dot + "y")) == "1-dot");
    REQUIRE(found(part("A: b", before + ".." + dot + "y")) == "1-dotdot");
    REQUIRE(found(part("A: b", before + dot + "y")) == "1-dotless");
    REQUIRE(looked(part("A: b", before + letters + "abc.y")).letters == "abc");
  }
}

TEST_CASE("marks: a text that is in a message more than once is told") {
  const auto repeated = [](const std::string& content) { return looked(content).repeated; };
  const std::string plain = part("Content-Type: text/plain", begin + "\r\ntext:\r\n." + dot);
  const std::string html = part("Content-Type: text/html", "<p>" + begin + "<br>." + dot + "</p>");
  const std::string once = multipart("mixed", {plain});
  CHECK(repeated(once).empty());
  CHECK(repeated(part("A: b", begin + begin)) == "1-begin");
  CHECK(repeated(multipart("mixed", {plain, plain})) == "1-begin 1-dot");
  CHECK(repeated(multipart("mixed", {plain, html})) == "1-begin 1-dot");
  CHECK(repeated(once + once) == "1-begin 1-dot"); // after the last part, where nothing is shown
  CHECK(found(once + once) == "1-begin 1-dot");
  CHECK(repeated(multipart("alternative", {plain, html})).empty());
  CHECK(repeated(multipart("mixed", {multipart("alternative", {plain, html}), plain})) ==
        "1-begin 1-dot");
  CHECK(repeated(multipart("alternative", {plain, multipart("related", {html})})).empty());
  CHECK(repeated(multipart("alternative", {plain, multipart("related", {html, html})})) ==
        "1-begin 1-dot");
  // What is not shown at all is not there.
  CHECK(found("Content-Type: multipart/mixed; boundary=b\r\n\r\n" + begin +
              "\r\n--b\r\n\r\ntext\r\n--b--\r\n" + begin + begin)
            .empty());
}

TEST_CASE("marks: of another message they are told even where nothing is shown") {
  const std::string one = multipart("mixed", {part("A: b", begin)});
  CHECK(found(one + mark_text("2", MarkPlace::begin)) == "1-begin 2-begin");
  CHECK(found(one + begin) == "1-begin");
}

TEST_CASE("marks: the hash is of the text between the marks, however it is encoded and wrapped") {
  const auto hash = [](const std::string& content) { return looked(content).text_hash; };
  const std::string all = begin + "one two three" + end;
  const std::string plain = part("A: b", all);
  CHECK(hash(plain) != 0);
  CHECK(hash(part("Subject: another", begin + "one  two\r\nthree\r\n" + end)) == hash(plain));
  CHECK(hash(part("A: b", "A list's banner\r\n" + all + " and its footer")) == hash(plain));
  CHECK(hash(part("Content-Transfer-Encoding: quoted-printable",
                  begin + "one=20two th=\r\nree" + end)) == hash(plain));
  CHECK(hash(part("A: b", begin + "one two threE" + end)) != hash(plain));
  CHECK(hash(part("A: b", begin + "two one three" + end)) != hash(plain));
  CHECK(hash(part("A: b", begin + "one two three and four" + end)) != hash(plain));
  CHECK(hash(part("A: b", "one two three")) == 0);
  CHECK(hash(part("Content-Type: text/html", all)) == 0);
  const std::string html = part("Content-Type: text/html", "<p>" + all + "</p>");
  CHECK(hash(multipart("alternative", {part("Content-Type: text/plain", all), html})) ==
        hash(plain));
  // A long text comes in pieces.
  for (std::size_t filler = 16384 - 200; filler < 16384 + 5; filler += 7)
    REQUIRE(hash(part("A: b", std::string(filler, 'x') + all)) == hash(plain));
}

TEST_CASE("marks: the hash is of the attachment, too, as far as its part goes") {
  const auto hash = [](const char* attached, const char* after = "text") {
    return looked(
               multipart("mixed", {part("A: b", begin + "one" + end),
                                   part("A: b", mark_text("1", MarkPlace::attachment) + attached),
                                   part("A: b", after)}))
        .text_hash;
  };
  CHECK(hash("two") != hash("three"));
  CHECK(hash("two", "a footer") == hash("two"));
  CHECK(looked(part("A: b", "x" + mark_text("1", MarkPlace::attachment) + "two")).text_hash !=
        looked(part("A: b", "y" + mark_text("1", MarkPlace::attachment) + "two")).text_hash);
}

TEST_CASE("marks: fields that may be there once are told where they are there twice") {
  const auto fields = [](const std::string& header) {
    return looked(part(header, "x")).repeated_fields;
  };
  CHECK(fields("From: a@b\r\nTo: c@d\r\nReceived: x\r\nReceived: y").empty());
  CHECK(fields("From: a@b\r\nFROM: c@d\r\nfrom: e@f\r\nMessage-Id: <1>\r\nMessage-ID: <2>") ==
        "From Message-ID");
}

TEST_CASE("marks: letters are compared as UTF-8, whatever they were written in") {
  CHECK(letters_in("text/plain; charset=utf-8", "äöü") == "äöü");
  CHECK(letters_in("text/plain; charset=UTF-8", "äöü") == "äöü");
  CHECK(letters_in("text/plain; charset=iso-8859-1", "\xe4\xf6\xfc") == "äöü");
  CHECK(letters_in("text/plain; charset=koi8-r", "\xe4") == "Д");
  CHECK(letters_in("text/plain", "äöü") == "äöü");
  CHECK(letters_in("text/plain; charset=iso-8859-1", "???") == "???");
  CHECK(letters_in("text/plain; charset=utf-8", "") == "");
  CHECK(letters_in("text/plain; charset=utf-8", "\xc3\x83\xc2\xa4") == "Ã¤"); // encoded twice
  CHECK(looked(part("Content-Type: text/plain; charset=utf-8\r\n"
                    "Content-Transfer-Encoding: quoted-printable",
                    letters + "=C3=\r\n=A4."))
            .letters == "ä");
}

TEST_CASE("marks: of letters that can't be told nothing is said") {
  CHECK_FALSE(letters_in("text/html; charset=utf-8", "&auml;&ouml;"));
  CHECK(letters_in("text/html; charset=utf-8", "äö") == "äö");
  CHECK_FALSE(letters_in("text/plain; charset=x-unknown", "\xe4"));
  CHECK_FALSE(letters_in("text/plain; charset=utf-16", "\xe4"));
  CHECK_FALSE(looked(part("A: b", begin)).letters);
  CHECK(found(part("A: b", letters + "no end")).empty());
  CHECK(found(part("A: b", letters + std::string(65, 'x') + ".")).empty());
}

TEST_CASE("marks: From, Date and Subject are missed, and no other field") {
  const auto missing = [](const std::string& header) {
    return looked(header + "\r\n" + begin + "\r\n").missing_fields;
  };
  CHECK(missing("From: <a@b.test>\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\nSubject: x\r\n")
            .empty());
  CHECK(missing("FROM: <a@b.test>\r\ndate: now\r\nsubject: =?utf-8?q?=C3=A4?=\r\n").empty());
  CHECK(missing("From: <a@b.test>\r\nSubject:\r\n \r\n") == "Date Subject");
  CHECK(missing("To: <a@b.test>\r\n") == "From Date Subject");
}
