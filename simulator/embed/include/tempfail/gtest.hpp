// For tests by GoogleTest: include it after its own header.
#pragma once

#include <tempfail/server.hpp>

namespace tempfail {

/// EXPECT_TRUE(tempfail::passed(server)): the judge says "ok"; else its findings and the dialogue are the message.
inline ::testing::AssertionResult passed(const Server& server) {
  const Verdict verdict = server.judge();
  return verdict.passed ? ::testing::AssertionSuccess()
                        : ::testing::AssertionFailure() << verdict.text;
}

/// Shows what was said where the test has failed by the end of this scope. To be declared after its server.
class ShowIfFailed {
 public:
  explicit ShowIfFailed(const Server& server) : server_(server) {}
  ~ShowIfFailed() {
    if (::testing::Test::HasFailure())
      ADD_FAILURE() << "tempfail " << server_.scenario() << " at " << server_.address() << '\n'
                    << server_.dialogue();
  }
  ShowIfFailed(const ShowIfFailed&) = delete;
  ShowIfFailed& operator=(const ShowIfFailed&) = delete;

 private:
  const Server& server_;
};

} // namespace tempfail
