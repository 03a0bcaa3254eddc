// Base64, both ways, and what is refused.
#include "base/base64.hpp"
#include "support/catch.hpp"

#include <string>
#include <utility>
#include <vector>

using namespace tempfail::base;

TEST_CASE("base64_both_ways") {
  for (const auto& [plain, coded] :
       std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                        {"f", "Zg=="},
                                                        {"fo", "Zm8="},
                                                        {"foo", "Zm9v"},
                                                        {"foob", "Zm9vYg=="},
                                                        {"foobar", "Zm9vYmFy"},
                                                        {"\xff\xfe", "//4="},
                                                        {"\xff\xfe\xfd", "//79"}}) {
    CHECK(encode_base64(plain) == coded);
    CHECK(decode_base64(coded) == plain);
  }
  for (const char* wrong : {"Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zm9v====", "Zm9v!===",
                            "Zm 9", "Z g=", "Zm9\xC3"}) {
    CAPTURE(wrong);
    CHECK_FALSE(decode_base64(wrong));
  }
}
