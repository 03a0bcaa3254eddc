// Bodies and queries as values; what is not understood is not guessed.
#include "http/problem.hpp"
#include "http/requests.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using namespace std::chrono_literals;

namespace {

template <typename Read>
int refused(Read&& read) {
  try {
    read();
    return 0;
  } catch (const http::Problem& problem) {
    return problem.status();
  }
}

int refused_server(std::string_view body) {
  return refused([body] { http::read_server_request(body); });
}
int refused_handover(std::string_view body) {
  return refused([body] { http::read_handover(body); });
}

http::Target target(std::string_view text) {
  return *http::parse_target(text);
}

} // namespace

TEST_CASE("requests: a server, with what is not said as it is by default") {
  const auto plain = http::read_server_request(R"({"scenario": "x", "role": null})");
  CHECK(plain.scenario == "x");
  CHECK_FALSE(plain.manual_clock);
  CHECK(plain.time_scale == 1);
  CHECK(plain.seed == 1);
  CHECK(plain.tls == control::TlsOverride::as_scenario);
  CHECK_FALSE(plain.lease);
  const auto whole = http::read_server_request(
      R"({"scenario": "x", "clock": "real", "time_scale": 0.5, "seed": 18446744073709551615, "tls": "implicit",
          "auth": true, "tls_policy": "verified", "role": "one-shot", "without": ["dsn"], "scaled_timeouts": true,
          "queue_lifetime": "5d", "lease": "90s"})");
  CHECK(whole.time_scale == 0.5);
  CHECK(whole.seed == UINT64_MAX);
  CHECK(whole.tls == control::TlsOverride::implicit);
  CHECK(whole.auth);
  CHECK(whole.without == std::vector<std::string>{"dsn"});
  CHECK(whole.queue_lifetime == 120h);
  CHECK(whole.lease == 90s);
}

TEST_CASE("requests: what is not JSON, and what says what makes no sense") {
  for (const char* body : {"{", "{\"a\":}", "nul", "{}{}", "{\"scenario\":\"\xff\"}", "\x00"})
    CHECK(refused_server(body) != 0);
  CHECK(refused_server("{") == 400);
  CHECK(refused_server(R"({"time_scale":1e999})") == 400);
  for (const char* body :
       {"", "[]", "1", "null", "\"x\"", R"({"scenario":1})", R"({"scenario":"x","seed":1.5})",
        R"({"scenario":"x","seed":-1})", R"({"scenario":"x","auth":"yes"})",
        R"({"scenario":"x","without":"dsn"})", R"({"scenario":"x","without":[1]})",
        R"({"scenario":"x","lease":5})", R"({"scenario":"x","lease":""})",
        R"({"scenario":"x","clock":1})", R"({"scenario":"x","more":1})",
        R"({"scenario":"x","time_scale":true})"})
    CHECK(refused_server(body) == 422);
  CHECK(refused_server(std::string(100'000, '[')) != 0); // as deep as it is, nothing overflows
}

TEST_CASE("requests: a content is a message as it goes over the wire") {
  CHECK(http::read_handover(R"({"recipients":["a@b"],"content":"a\nb\r\nc"})").content ==
        "a\r\nb\r\nc\r\n");
  CHECK(http::read_handover(R"({"recipients":["a@b"],"content":""})").content == "");
  CHECK(http::read_handover(R"({"recipients":["a@b"],"content_base64":"YQ0K/w=="})").content ==
        "a\r\n\xff");
  CHECK_FALSE(http::read_handover(R"({"recipients":["a@b"]})").content);
  const auto hashed = http::read_handover(R"({"hash":"00000000000000Ff","size":3})");
  CHECK(hashed.hash == 0xFFU);
  CHECK(hashed.size == 3);
  for (const char* body :
       {R"({"hash":"ff","size":3})", R"({"hash":"0x000000000000ff","size":3})",
        R"({"hash":"00000000000000ff"})", R"({"content_base64":"a b"})",
        R"({"content":"a","content_base64":"YQ=="})", R"({"recipients":"a@b"})", R"({"size":"3"})"})
    CHECK(refused_handover(body) == 422);
}

TEST_CASE("requests: results, durations, labels, queues") {
  CHECK(http::read_result(R"({"result":"delivered","code":250})").code == 250);
  for (const char* body : {R"({"result":"delivered","code":0})", R"({"result":"x","code":1000})",
                           R"({"result":"x","code":"250"})", "{}"})
    CHECK(refused([body] { http::read_result(body); }) == 422);
  CHECK(http::read_advance(R"({"by":"1h30m"})") == 90min);
  for (const char* body : {R"({"by":"-1s"})", R"({"by":"3661d"})", R"({"by":60})", ""})
    CHECK(refused([body] { http::read_advance(body); }) == 422);
  CHECK(http::read_label(R"({"label":"x"})") == "x");
  CHECK(http::read_scenario("") == "");
  CHECK(http::read_queue(R"({"state":"started"})").runs);
  CHECK(refused([] { http::read_queue("{}"); }) == 422);
}

TEST_CASE("requests: questions") {
  const auto question =
      http::read_list_request(target("/x?min=2&wait=500ms&recipient=a@b&since=m"), 60s);
  CHECK(question.least == 2);
  CHECK(question.wait == 500ms);
  CHECK(question.filter.recipient == "a@b");
  CHECK(question.filter.since == "m");
  CHECK(http::read_list_request(target("/x"), 60s).least == 0);
  CHECK(http::read_list_request(target("/x?wait=1s"), 60s).least ==
        1); // who waits, waits for something
  for (const char* text : {"/x?wait=61s", "/x?wait=-1s", "/x?min=", "/x?min=1x",
                           "/x?min=99999999999999999999", "/x?limit=1"})
    CHECK(refused([text] { http::read_list_request(target(text), 60s); }) == 422);
  CHECK(http::read_position(target("/x?after=7"), "") == 7);
  CHECK(http::read_position(target("/x?after=7"), "9") == 9);
  CHECK(refused([] { http::read_position(target("/x"), "last"); }) == 422);
  CHECK(http::read_verdict_request(target("/x?strict=true")).strict);
}
