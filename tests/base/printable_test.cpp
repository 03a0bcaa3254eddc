// Foreign text made safe to show.
#include "base/printable.hpp"

#include "support/catch.hpp"

using tempfail::base::printable;

TEST_CASE("printable_lets_nothing_draw_on_a_terminal") {
  REQUIRE(printable("a\x1b[31mb") == "a\\x1b[31mb");
  REQUIRE(printable("a\r\nb\tc\x7f") == "a\\x0d\\x0ab\\x09c\\x7f");
  REQUIRE(printable("a\nb\tc", "\n") == "a\nb\\x09c");
  REQUIRE(printable("J\xC3\xBCrgen \xE2\x82\xAC \xF0\x9F\x93\xAC") ==
          "J\xC3\xBCrgen \xE2\x82\xAC \xF0\x9F\x93\xAC");
  REQUIRE(printable("\xFF\xC3") == "\\xff\\xc3");
  REQUIRE(printable("\xC2\x85") == "\\xc2\\x85");          // a control of 8 bits
  REQUIRE(printable("\xED\xA0\x80") == "\\xed\\xa0\\x80"); // a surrogate
  REQUIRE(printable("\xE2\x80\xAE") == "\\xe2\\x80\\xae"); // turns the text round
  REQUIRE(printable("\xEF\xBF\xBE") == "\\xef\\xbf\\xbe"); // forbidden in XML
}
