// Finds the handler of a request, and makes answers of errors.
#include "http/api.hpp"

#include "control/refusal.hpp"
#include "http/problem.hpp"

#include <algorithm>
#include <optional>

namespace tempfail::http {

namespace {

int status_of(control::RefusalKind why) {
  switch (why) {
  case control::RefusalKind::unknown: return 404;
  case control::RefusalKind::invalid: return 422;
  case control::RefusalKind::conflict: return 409;
  case control::RefusalKind::full: return 503;
  }
  return 500;
}

/// The values of the path's braces; nothing: it is another path.
std::optional<std::vector<std::string>> match(std::string_view pattern,
                                              const std::vector<std::string>& path) {
  std::vector<std::string> parameters;
  std::size_t index = 0;
  pattern.remove_prefix(1);
  while (true) {
    const std::size_t end = std::min(pattern.find('/'), pattern.size());
    const std::string_view segment = pattern.substr(0, end);
    if (index == path.size()) return std::nullopt;
    if (!segment.starts_with('{')) {
      if (segment != path[index]) return std::nullopt;
    } else {
      if (path[index].empty()) return std::nullopt;
      parameters.push_back(path[index]);
    }
    ++index;
    if (end == pattern.size()) break;
    pattern.remove_prefix(end + 1);
  }
  if (index != path.size()) return std::nullopt;
  return parameters;
}

/// HEAD is GET whose body is not sent.
std::string_view asked_method(const Request& request) {
  return request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
}

CancelCallback dispatch(Api& api, const Request& request, const Target& target,
                        const ResponseCallback& answer) {
  static const std::vector<Route> all = [] {
    std::vector<Route> known = routes();
    known.insert(known.end(), page_routes().begin(), page_routes().end());
    return known;
  }();
  std::string allowed;
  for (const Route& route : all) {
    auto parameters = match(route.path, target.path);
    if (!parameters) continue;
    if (route.method == asked_method(request))
      return route.handle(api, {request, target, std::move(*parameters)}, answer);
    allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
  }
  if (allowed.empty())
    throw Problem(404, "there is nothing at " + request.target.substr(0, request.target.find('?')),
                  "GET /v1/openapi.json lists what there is");
  throw Problem(405, request.method + " is not a method of this resource", allowed)
      .with("Allow", allowed);
}

Response response_of(const control::Refusal& refusal) {
  Problem problem(status_of(refusal.kind()), refusal.what(), refusal.allowed());
  if (refusal.kind() == control::RefusalKind::full) problem.with("Retry-After", "1");
  return problem.response();
}

} // namespace

std::vector<Route> routes() {
  std::vector<Route> all;
  for (const auto part : {service_routes(), mix_routes(), server_routes(), arrival_routes(),
                          name_routes(), verdict_routes(), mailpit_routes()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

CancelCallback Api::handle(const Request& request, ResponseCallback answer) {
  ++requests_;
  const ResponseCallback counted = [this, answer = std::move(answer)](Response response) {
    if (response.status >= 400) ++refused_;
    answer(std::move(response));
  };
  try {
    const std::optional<Target> target = parse_target(request.target);
    if (!target) throw Problem(400, "the target " + request.target + " is not a valid path");
    return dispatch(*this, request, *target, counted);
  } catch (const Problem& problem) {
    counted(problem.response());
  } catch (const control::Refusal& refusal) {
    counted(response_of(refusal));
  } catch (const std::exception& error) {
    counted(Problem(500, error.what()).response());
  }
  return {};
}

control::ManagedServerPtr named_server(Api& api, const RoutedRequest& call) {
  return api.subject().servers.find(call.parameter(0));
}

CancelCallback cancel_of(const control::ManagedServerPtr& server,
                         control::ManagedServer::WaitId wait) {
  return [weak = std::weak_ptr(server), wait] {
    if (const auto still = weak.lock()) still->cancel(wait);
  };
}

Response server_gone(const std::string& id) {
  return Problem(404, "server " + id + " was closed").response();
}

Response json_response(std::string body, int status) {
  Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

Response text_response(std::string body, std::string type) {
  Response response;
  response.content_type = std::move(type);
  response.body = std::move(body);
  return response;
}

Response empty_response() {
  Response response;
  response.status = 204;
  return response;
}

} // namespace tempfail::http
