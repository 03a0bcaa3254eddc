// Character sets of messages, simple and nested.
#include "mime/charsets.hpp"
#include "mime/limits.hpp"

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

TEST_CASE("charsets: a message that would hold up the server is not looked at") {
  const auto& limits = mime::charset_limits;
  const std::string begin = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  const auto parts = [&](std::size_t count) {
    std::string text = begin;
    for (std::size_t i = 0; i < count; ++i)
      text += "--b\r\nContent-Type: text/plain; charset=c\r\n\r\nx\r\n";
    return text;
  };
  CHECK(mime::charsets_of(parts(limits.boundaries)) == Names{"c"});
  CHECK(mime::charsets_of(parts(limits.boundaries + 1)).empty());
  std::string nested;
  for (std::size_t i = 0; i <= limits.boundaries; ++i)
    nested += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\r\n\r\n--b" +
              std::to_string(i) + "\r\n";
  CHECK(mime::charsets_of(nested + "Content-Type: text/plain; charset=c\r\n\r\nx\r\n").empty());
  const auto repeated = [](std::string_view text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i)
      all += text;
    return all;
  };
  const std::string words = "Subject: " + repeated("=?c?Q?x?= ", limits.encoded_words);
  CHECK(mime::charsets_of(words + "\r\n\r\nx\r\n") == Names{"c"});
  CHECK(mime::charsets_of(words + "=?c?Q?x?=\r\n\r\nx\r\n").empty());
  const std::string fields = repeated("X: =?c?Q?x?=\r\n", 1) + repeated("X: y\r\n", limits.fields);
  CHECK(mime::charsets_of(fields + "\r\n").empty());
  // A long one is looked at as far as the limit goes.
  const std::string large = parts(1) + std::string(limits.content, 'x') + "\r\n";
  CHECK(mime::charsets_of(large + "--b\r\nContent-Type: text/plain; charset=d\r\n\r\ny\r\n") ==
        Names{"c"});
}
