// What is shown of a message: fields and texts decoded, attachments by their place.
#include "mime/mail_view.hpp"
#include "support/catch.hpp"

#include <string>

using namespace tempfail::mime;

TEST_CASE("mail view: fields are decoded, groups stand for their members") {
  const MailView view = view_mail("From: =?utf-8?Q?J=C3=BCrgen?= <j@a.test>\r\n"
                                  "To: b@b.test, Team: \"C, D\" <c@c.test>, d@d.test;\r\n"
                                  "Cc: e@e.test\r\n"
                                  "Reply-To: r@a.test\r\n"
                                  "Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\n"
                                  "Date: Thu, 01 Jan 1970 00:01:00 +0000\r\n"
                                  "\r\n"
                                  "text\r\n");
  REQUIRE(view.from.size() == 1);
  CHECK(view.from[0].name == "J\xC3\xBCrgen");
  CHECK(view.from[0].address == "j@a.test");
  REQUIRE(view.to.size() == 3);
  CHECK(view.to[0].name.empty());
  CHECK(view.to[1].name == "C, D");
  CHECK(view.to[2].address == "d@d.test");
  CHECK(view.cc.size() == 1);
  CHECK(view.reply_to.size() == 1);
  CHECK(view.bcc.empty());
  CHECK(view.subject == "Gr\xC3\xBC\xC3\x9F"
                        "e");
  CHECK(view.date == 60);
  CHECK(view.text == "text\r\n");
  CHECK(view.html.empty());
}

TEST_CASE("mail view: texts in their character sets, and attachments") {
  const MailView view = view_mail("MIME-Version: 1.0\r\n"
                                  "Content-Type: multipart/mixed; boundary=x\r\n"
                                  "\r\n"
                                  "--x\r\n"
                                  "Content-Type: multipart/alternative; boundary=y\r\n"
                                  "\r\n"
                                  "--y\r\n"
                                  "Content-Type: text/plain; charset=iso-8859-1\r\n"
                                  "Content-Transfer-Encoding: quoted-printable\r\n"
                                  "\r\n"
                                  "sch=F6n\r\n"
                                  "--y\r\n"
                                  "Content-Type: text/html\r\n"
                                  "\r\n"
                                  "<b>x</b>\r\n"
                                  "--y--\r\n"
                                  "--x\r\n"
                                  "Content-Type: APPLICATION/PDF\r\n"
                                  "Content-Disposition: attachment; filename=\"a.pdf\"\r\n"
                                  "Content-Transfer-Encoding: base64\r\n"
                                  "\r\n"
                                  "YWJj\r\n"
                                  "--x\r\n"
                                  "Content-Type: image/png\r\n"
                                  "Content-Disposition: inline\r\n"
                                  "Content-ID: <i@a.test>\r\n"
                                  "\r\n"
                                  "1234\r\n"
                                  "--x--\r\n");
  CHECK(view.text.find("sch\xC3\xB6n") == 0);
  CHECK(view.html.find("<b>x</b>") == 0);
  REQUIRE(view.attachments.size() == 2);
  CHECK(view.attachments[0].part == "2");
  CHECK(view.attachments[0].file_name == "a.pdf");
  CHECK(view.attachments[0].content_type == "application/pdf");
  CHECK(view.attachments[0].size == 3);
  CHECK_FALSE(view.attachments[0].is_inline);
  CHECK(view.attachments[1].is_inline);
  CHECK(view.attachments[1].content_id == "i@a.test");
}

TEST_CASE("mail view: whatever comes is no trouble") {
  CHECK(view_mail("").subject.empty());
  CHECK(view_mail("\r\n\r\n").text.find_first_not_of("\r\n") == std::string::npos);
  std::string deep = "MIME-Version: 1.0\r\n";
  for (int i = 0; i < 200; ++i)
    deep += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\r\n\r\n--b" +
            std::to_string(i) + "\r\n";
  CHECK(view_mail(deep + "\r\ntext\r\n").text.empty());
  CHECK(view_mail("From: \xFF\xFE <\x80>\r\nSubject: =?x?y?z\r\n\r\n\x80").html.empty());
}
