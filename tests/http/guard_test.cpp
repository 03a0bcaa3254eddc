// Which requests are answered, by their names, origins, tokens and types.
#include "http/guard.hpp"
#include "http/problem.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using http::GuardSetting;
using http::Request;

namespace {

Request request(const std::string& host) {
  Request made;
  made.method = "GET";
  made.target = "/v1/servers";
  made.host = host;
  return made;
}

/// The status of the refusal; 0: it is answered.
int refused(const Request& asked, const GuardSetting& setting = {"127.0.0.1", ""}) {
  try {
    http::guard(asked, setting);
    return 0;
  } catch (const http::Problem& problem) {
    return problem.status();
  }
}

} // namespace

TEST_CASE("guard: names of this machine, and the address that is listened on") {
  for (const char* host : {"localhost", "localhost:80", "LocalHost:80", "127.0.0.1", "127.1.2.3:80",
                           "[::1]", "[::1]:80"})
    CHECK(refused(request(host)) == 0);
  for (const char* host : {"localhost.test", "127.0.0.1.test", "127.0.0.1x", "192.0.2.1",
                           "192.0.2.1:80", "[2001:db8::1]", "evil.test:80", ":80", "["})
    CHECK(refused(request(host)) == 421);
  CHECK(refused(request("")) == 400);
  CHECK(refused(request("192.0.2.1:80"), {"192.0.2.1", ""}) == 0);
  CHECK(refused(request("[2001:db8::1]:80"), {"2001:db8::1", ""}) == 0);
  CHECK(refused(request("box.test"), {"0.0.0.0", ""}) == 0); // there a token is needed
}

TEST_CASE("guard: an origin is this server's own, or there is none") {
  Request asked = request("localhost:8025");
  asked.origin = "http://localhost:8025";
  CHECK(refused(asked) == 0);
  for (const char* origin :
       {"http://localhost", "https://localhost:8025", "http://evil.test", "null"}) {
    asked.origin = origin;
    CHECK(refused(asked) == 403);
  }
}

TEST_CASE("guard: a token is needed where there is one, but for probes") {
  const GuardSetting setting{"127.0.0.1", "secret-token-0123"};
  Request asked = request("localhost");
  CHECK(refused(asked, setting) == 401);
  for (const char* wrong :
       {"Bearer ", "Bearer secret-token-012", "Bearer secret-token-01234",
        "Bearer Secret-token-0123", "secret-token-0123", "Basic secret-token-0123"}) {
    asked.authorization = wrong;
    CHECK(refused(asked, setting) == 401);
  }
  asked.authorization = "bearer secret-token-0123";
  CHECK(refused(asked, setting) == 0);
  asked.authorization.clear();
  for (const char* probe : {"/readyz", "/healthz?x=1"}) {
    asked.target = probe;
    CHECK(refused(asked, setting) == 0);
  }
  asked.target = "/readyz/../v1/servers";
  CHECK(refused(asked, setting) == 401);
}

TEST_CASE("guard: the type of a body") {
  Request asked = request("localhost");
  asked.method = "POST";
  CHECK(refused(asked) == 0); // without a body there is nothing to have a type
  asked.body = "{}";
  for (const char* type : {"application/json", "APPLICATION/json",
                           "application/json; charset=utf-8", "application/json ;x=y"}) {
    asked.content_type = type;
    CHECK(refused(asked) == 0);
  }
  for (const char* type :
       {"", "text/plain", "application/jsonx", "multipart/form-data", "application/yaml"}) {
    asked.content_type = type;
    CHECK(refused(asked) == 415);
  }
  asked.method = "PUT"; // what is put is JSON but for a scenario
  CHECK(refused(asked) == 415);
  asked.target = "/v1/scenarios/mine";
  CHECK(refused(asked) == 0);
  asked.content_type = "application/json";
  CHECK(refused(asked) == 415);
}
