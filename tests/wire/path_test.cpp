// The argument of MAIL and RCPT: paths and parameters.
#include "support/catch.hpp"

#include "wire/command.hpp"

#include <string>

using namespace tempfail;
using wire::parse_path;
using wire::PathError;

TEST_CASE("path: addresses the grammar allows") {
  const auto wanted =
      GENERATE("a@b", "user@example.org", "first.last+tag@sub.example.org", "!#$%&'*+-/=?^_`{|}~@x",
               "1@2.3", "\"quoted string\"@example.org", "\"with > and \\\" and \\\\\"@example.org",
               "\"\"@example.org", "user@[127.0.0.1]", "user@[IPv6:::1]", "user@[ipv6:2001:db8::1]",
               "user@[tag:content]", "us\xC3\xA9r@ex\xC3\xA4mple.org", "a@b-c.d--e.f");
  const std::string text = "TO:<" + std::string(wanted) + ">";
  CAPTURE(text);
  const auto result = parse_path(text, "TO");
  CHECK_FALSE(result.error);
  CHECK(result.path.address == wanted);
  CHECK(result.path.parameters.empty());
  CHECK_FALSE(result.space_after_colon);
}

TEST_CASE("path: addresses the grammar does not allow") {
  const auto wrong =
      GENERATE("", "a", "@b", "a@", "a b@c", "a@b c", ".a@b", "a.@b", "a..b@c", "a@.b", "a@b.",
               "a@b..c", "a@-b", "a@b-", "a@b_c", "a@@b", "a@b@c", "\"open@b", "\"a\"b@c",
               "\"bad\x01\"@c", "a@[1.2.3]", "a@[1.2.3.256]", "a@[IPv6:xyz]", "a@[127.0.0.1",
               "a@[:x]", "a@[]", "<a@b>", "@a", "@a:", "@a:b", "@a,b:c@d", "a\xFF@b", "a\xC3@b",
               "a\xC0\x80@b", "a\xED\xA0\x80@b", "a,b@c", "(x)a@b");
  const std::string text = "TO:<" + std::string(wrong) + ">";
  CAPTURE(text);
  const auto result = parse_path(text, "TO");
  REQUIRE(result.error);
  CHECK(*result.error == PathError::malformed_path);
}

TEST_CASE("path: the null path and postmaster, each where it may stand") {
  const auto null = parse_path("FROM:<>", "FROM");
  CHECK_FALSE(null.error);
  CHECK(null.path.address.empty());
  CHECK(parse_path("TO:<>", "TO").error == PathError::malformed_path);
  const auto postmaster = parse_path("TO:<PostMaster>", "TO");
  CHECK_FALSE(postmaster.error);
  CHECK(postmaster.path.address == "PostMaster");
  CHECK(parse_path("FROM:<postmaster>", "FROM").error == PathError::malformed_path);
}

TEST_CASE("path: a source route is read and ignored") {
  const auto result = parse_path("TO:<@a.example,@b.example:user@c.example> NOTIFY=NEVER", "TO");
  CHECK_FALSE(result.error);
  CHECK(result.path.address == "user@c.example");
  CHECK(result.path.parameters.size() == 1);
}

TEST_CASE("path: the keyword, in any case, and the usual space behind its colon") {
  CHECK_FALSE(parse_path("from:<a@b>", "FROM").error);
  const auto spaced = parse_path("FROM: <a@b>", "FROM");
  CHECK_FALSE(spaced.error);
  CHECK(spaced.space_after_colon);
  CHECK(spaced.path.address == "a@b");
  for (const std::string_view wrong :
       {"", "FROM", "FROM <a@b>", "TO:<a@b>", "<a@b>", "FRO:<a@b>"}) {
    CAPTURE(wrong);
    CHECK(parse_path(wrong, "FROM").error == PathError::missing_keyword);
  }
  for (const std::string_view wrong :
       {"FROM:", "FROM:a@b", "FROM:<a@b", "FROM:a@b>", "FROM:<", "FROM:<a@b\">"}) {
    CAPTURE(wrong);
    CHECK(parse_path(wrong, "FROM").error == PathError::malformed_path);
  }
}

TEST_CASE("path: parameters") {
  const auto result = parse_path("FROM:<a@b> SIZE=1000  body=8BITMIME SMTPUTF8 X-Y=a+2Bb", "FROM");
  REQUIRE_FALSE(result.error);
  REQUIRE(result.path.parameters.size() == 4);
  CHECK(result.path.parameters[0].keyword == "SIZE");
  CHECK(result.path.parameters[0].value == "1000");
  CHECK(result.path.parameters[1].keyword == "body");
  CHECK(result.path.parameters[1].value == "8BITMIME");
  CHECK(result.path.parameters[2].keyword == "SMTPUTF8");
  CHECK(result.path.parameters[2].value.empty());
  CHECK(result.path.parameters[3].value == "a+2Bb");
  for (const std::string_view wrong : {"SIZE=", "=1", "-X=1", "X_Y", "A=B=C", "A=\x01"}) {
    CAPTURE(wrong);
    CHECK(parse_path("FROM:<a@b> " + std::string(wrong), "FROM").error ==
          PathError::malformed_parameter);
  }
  CHECK(parse_path("FROM:<a@b>SIZE=1", "FROM").error == PathError::malformed_parameter);
}
