// Fuzzes the HTTP API's readers: target, query and bodies.
// Invariants:
// - Whatever comes is a value, or a problem of status 400 or 422 that says what is wrong; nothing else is thrown.
// - What a target is decoded to has as many segments as it had slashes.
// - A message's content that is read is one as it goes over the wire: no line of it ends with LF alone.
#include "fuzz/targets.hpp"
#include "http/guard.hpp"
#include "http/problem.hpp"
#include "http/requests.hpp"

#include <algorithm>
#include <string>

namespace tempfail::fuzz {
namespace {

template <typename Read>
void attempt(Read&& read) {
  try {
    read();
  } catch (const http::Problem& problem) {
    require(problem.status() == 400 || problem.status() == 422, "it is the request that is wrong");
    require(*problem.what() != '\0', "a problem says what it is");
    require(problem.response().body.starts_with('{'), "a problem is an object");
  }
}

void check_content(std::string_view body) {
  const control::HandoverRequest handover = http::read_handover(body);
  if (!handover.content || body.find("content_base64") != std::string_view::npos) return;
  const std::string& text = *handover.content;
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1))
    require(at > 0 && text[at - 1] == '\r', "lines end with CR LF");
  require(text.empty() || text.ends_with("\r\n"), "the last line has an end");
}

} // namespace

void fuzz_http(std::string_view input) {
  attempt([input] { http::read_server_request(input); });
  attempt([input] { check_content(input); });
  attempt([input] { http::read_result(input); });
  attempt([input] { http::read_advance(input); });
  attempt([input] { http::read_label(input); });
  attempt([input] { http::read_scenario(input); });
  attempt([input] { http::read_queue(input); });
  const std::string text = "/" + std::string(input);
  if (const auto target = http::parse_target(text)) {
    const std::string path = text.substr(0, text.find_first_of("?#"));
    const auto slashes = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
    const bool ends_with_slash = path.size() > 1 && path.ends_with('/');
    require(target->path.size() == slashes - (ends_with_slash ? 1U : 0U), "segments and slashes");
    attempt([&] { http::read_list_request(*target, std::chrono::seconds(60)); });
    attempt([&] { http::read_verdict_request(*target); });
    attempt([&] { http::read_position(*target, {}); });
  }
  http::Request request;
  request.method = "POST";
  request.target = text;
  request.host = request.origin = request.authorization = request.content_type = input;
  request.body = "x";
  try {
    http::guard(request, {"192.0.2.1", "token"});
  } catch (const http::Problem&) {
    return;
  }
}

} // namespace tempfail::fuzz
