// Command lines and the argument of BDAT.
#include "support/catch.hpp"

#include "wire/command.hpp"

#include <string>

using namespace tempfail;
using wire::Verb;

TEST_CASE("command: every verb is known, in any case, and named back") {
  for (const Verb verb :
       {Verb::helo, Verb::ehlo, Verb::starttls, Verb::auth, Verb::mail, Verb::rcpt, Verb::data,
        Verb::bdat, Verb::rset, Verb::noop, Verb::vrfy, Verb::expn, Verb::help, Verb::quit}) {
    std::string name(wire::to_string(verb));
    CAPTURE(name);
    CHECK(wire::parse_command_line(name).verb == verb);
    for (char& c : name)
      c = static_cast<char>(c | 0x20);
    const auto command = wire::parse_command_line(name);
    CHECK(command.verb == verb);
    CHECK(command.verb_text == name);
    CHECK(command.arguments.empty());
  }
  CHECK(wire::to_string(Verb::unknown) == "?");
}

TEST_CASE("command: arguments stand behind the space, without trailing white space") {
  const auto command = wire::parse_command_line("MAIL FROM:<a@b> SIZE=1 \t");
  CHECK(command.verb == Verb::mail);
  CHECK(command.verb_text == "MAIL");
  CHECK(command.arguments == "FROM:<a@b> SIZE=1");
  CHECK(wire::parse_command_line("EHLO\tname").arguments == "name");
  CHECK(wire::parse_command_line("DATA   ").arguments.empty());
}

TEST_CASE("command: what is no verb is unknown") {
  const std::string_view with_nul("QUIT\0", 5);
  for (const std::string_view line :
       {std::string_view(""), std::string_view(" "), std::string_view(" QUIT"),
        std::string_view("QUI"), std::string_view("QUITS"), std::string_view("STARTTLSX"), with_nul,
        std::string_view("Q\xD5IT"), std::string_view("GET / HTTP/1.1"),
        std::string_view("MAIL:")}) {
    CAPTURE(line);
    CHECK(wire::parse_command_line(line).verb == Verb::unknown);
  }
  CHECK(wire::parse_command_line("XYZZY a b").verb_text == "XYZZY");
  CHECK(wire::parse_command_line("XYZZY a b").arguments == "a b");
}

TEST_CASE("command: BDAT") {
  const auto last = wire::parse_bdat("86 LAST");
  REQUIRE(last);
  CHECK(last->size == 86);
  CHECK(last->last);
  CHECK(wire::parse_bdat("0 last")->last);
  const auto more = wire::parse_bdat("1000");
  REQUIRE(more);
  CHECK(more->size == 1000);
  CHECK_FALSE(more->last);
  for (const std::string_view wrong : {"", "LAST", "-1", "1x", "1 LAST LAST", "1 FIRST", "+1",
                                       "0x10", "99999999999999999999999"}) {
    CAPTURE(wrong);
    CHECK_FALSE(wire::parse_bdat(wrong));
  }
}
