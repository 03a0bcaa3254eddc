// Servers: made, looked at, steered, closed.
#include "http/api.hpp"
#include "http/problem.hpp"
#include "http/requests.hpp"
#include "http/views.hpp"

#include <array>

namespace tempfail::http {

namespace {

CancelCallback create(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  const auto request = read_server_request(call.request.body);
  const control::ManagedServerPtr made = api.subject().servers.create(request);
  Response response = json_response(to_json(made->view()), 201);
  response.headers.emplace_back("Location", "/v1/servers/" + made->id());
  answer(std::move(response));
  return {};
}

CancelCallback list_servers(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  check_query(call.target, {});
  std::vector<control::ServerView> views;
  for (const control::ManagedServerPtr& server : api.subject().servers.all())
    views.push_back(server->view());
  answer(json_response(to_json(views)));
  return {};
}

CancelCallback show_server(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  answer(json_response(to_json(named_server(api, call)->view())));
  return {};
}

CancelCallback remove_server(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  api.subject().servers.remove(call.parameter(0));
  answer(empty_response());
  return {};
}

CancelCallback advance(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  const control::ManagedServerPtr server = named_server(api, call);
  const auto wanted = std::make_shared<bool>(true);
  const auto tell = [answer, wanted](Moment now, const std::string& problem) {
    if (!*wanted) return;
    if (!problem.empty()) return answer(Problem(409, problem).response());
    answer(json_response("{\"now\":\"" + scenario::to_string(now) +
                         "\",\"now_us\":" + std::to_string(now.count()) + "}\n"));
  };
  server->advance(read_advance(call.request.body), tell);
  return [wanted] { *wanted = false; };
}

CancelCallback reset(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  named_server(api, call)->reset(read_scenario(call.request.body));
  answer(empty_response());
  return {};
}

CancelCallback set_queue(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  const control::ManagedServerPtr server = named_server(api, call);
  const QueueRequest request = read_queue(call.request.body);
  server->set_queue(request.scenario, request.runs);
  answer(empty_response());
  return {};
}

CancelCallback mark(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  const control::ManagedServerPtr server = named_server(api, call);
  const std::uint64_t position = server->mark(read_label(call.request.body));
  answer(json_response("{\"position\":" + std::to_string(position) + "}\n", 201));
  return {};
}

constexpr std::array server_table = {
    Route{"POST", "/v1/servers", create},
    Route{"GET", "/v1/servers", list_servers},
    Route{"GET", "/v1/servers/{id}", show_server},
    Route{"DELETE", "/v1/servers/{id}", remove_server},
    Route{"POST", "/v1/servers/{id}/advance", advance},
    Route{"POST", "/v1/servers/{id}/reset", reset},
    Route{"POST", "/v1/servers/{id}/queue", set_queue},
    Route{"POST", "/v1/servers/{id}/mark", mark},
};

} // namespace

std::span<const Route> server_routes() {
  return server_table;
}

} // namespace tempfail::http
