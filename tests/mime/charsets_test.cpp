// Character sets of messages, simple and nested.
#include "mime/charsets.hpp"

#include "support/catch.hpp"

using namespace tempfail;
using Names = std::vector<std::string>;

TEST_CASE("charsets: of one part, lower case") {
  CHECK(mime::charsets_of("Content-Type: text/plain; charset=\"ISO-8859-15\"\r\n\r\nx\r\n") ==
        Names{"iso-8859-15"});
  CHECK(mime::charsets_of(
            "Content-Type: text/plain;\r\n\tcharset=KOI8-R; format=flowed\r\n\r\nx\r\n") ==
        Names{"koi8-r"});
  CHECK(mime::charsets_of("Subject: plain\r\n\r\nx\r\n").empty());
  CHECK(mime::charsets_of("").empty());
}

TEST_CASE("charsets: of encoded words in headers") {
  CHECK(mime::charsets_of("Subject: =?UTF-8?Q?a?= and =?iso-2022-jp?B?GyRC?=\r\n"
                          "From: =?us-ascii*en?q?x?= <a@b>\r\n\r\nx\r\n") ==
        Names{"iso-2022-jp", "us-ascii", "utf-8"});
  CHECK(mime::charsets_of("Subject: =?not a word?= =?x?z?y?= =?unfinished?Q?text\r\n\r\nx\r\n")
            .empty());
}

TEST_CASE("charsets: of all parts of a multipart, and of messages within") {
  const std::string message =
      "Subject: =?big5?B?pKQ=?=\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
      "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nx\r\n"
      "--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n"
      "--c\r\nContent-Type: text/html; charset=Windows-1252\r\n\r\nx\r\n--c--\r\n"
      "--b\r\nContent-Type: message/rfc822\r\n\r\n"
      "Subject: =?koi8-u?Q?x?=\r\nContent-Type: text/plain; charset=shift_jis\r\n\r\ny\r\n"
      "--b--\r\n";
  CHECK(mime::charsets_of(message) ==
        Names{"big5", "koi8-u", "shift_jis", "utf-8", "windows-1252"});
}

TEST_CASE("charsets: malformed messages are read as far as they go") {
  CHECK(mime::charsets_of("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
                          "text/plain; charset=x-a\r\n\r\n") == Names{"x-a"});
  mime::charsets_of(std::string_view("\0\r\n\r\n\0", 6));
  mime::charsets_of("Content-Type: text/plain; charset=\r\n\r\n");
}
