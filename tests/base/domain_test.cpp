// Domains in U-labels and in A-labels.
#include "base/domain.hpp"
#include "support/catch.hpp"

using tempfail::base::to_a_labels;

TEST_CASE("u_labels_become_a_labels") {
  CHECK(to_a_labels("b\xc3\xbc"
                    "cher.test") == "xn--bcher-kva.test");
  CHECK(to_a_labels("B\xc3\x9c"
                    "CHER.Test") == "xn--bcher-kva.test");
  CHECK(to_a_labels("bu\xcc\x88"
                    "cher.test") == "xn--bcher-kva.test"); // u and a combining diaeresis
  CHECK(to_a_labels("Mail.Example.TEST") == "mail.example.test");
  CHECK(to_a_labels("XN--bcher-kva.test") == "xn--bcher-kva.test");
  CHECK(to_a_labels("_dmarc.a.test") == "_dmarc.a.test");
  CHECK(to_a_labels("") == "");
}

TEST_CASE("what_idna_does_not_allow_is_nothing") {
  CHECK_FALSE(to_a_labels("b\xc3.test"));                            // not UTF-8
  CHECK_FALSE(to_a_labels("\xe2\x98\x83.test"));                     // a snowman
  CHECK_FALSE(to_a_labels(std::string_view("b\xc3\xbc\0.test", 9))); // more than the library reads
  CHECK_FALSE(to_a_labels(std::string(100, 'b') + "\xc3\xbc.test")); // longer than a label
}
