// For tests by Catch2, version 2 or 3: include it after Catch2's own header.
#pragma once

#include <tempfail/server.hpp>

#include <exception>

namespace tempfail {

/// Shows what was said where the scope of a test is left by a failure (REQUIRE). To be declared after its server.
class ShowIfFailed {
 public:
  explicit ShowIfFailed(const Server& server) : server_(server) {}
  ~ShowIfFailed() {
    if (std::uncaught_exceptions() > before_)
      WARN("tempfail " << server_.scenario() << " at " << server_.address() << '\n'
                       << server_.dialogue());
  }
  ShowIfFailed(const ShowIfFailed&) = delete;
  ShowIfFailed& operator=(const ShowIfFailed&) = delete;

 private:
  const Server& server_;
  int before_ = std::uncaught_exceptions();
};

} // namespace tempfail

/// The judge says "ok"; else its findings and the dialogue are the message.
#define TEMPFAIL_REQUIRE_PASSED(server)                                                            \
  do {                                                                                             \
    const ::tempfail::Verdict tempfail_verdict = (server).judge();                                 \
    INFO(tempfail_verdict.text);                                                                   \
    REQUIRE(tempfail_verdict.passed);                                                              \
  } while (false)
