// What a sender was given, what it says became of that, and what the judge says of it.
#include "http/api.hpp"
#include "http/requests.hpp"
#include "http/views.hpp"

#include <array>

namespace tempfail::http {

namespace {

CancelCallback hand_over(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  const control::ManagedServerPtr server = named_server(api, call);
  answer(json_response(to_json(server->hand_over(read_handover(call.request.body))), 201));
  return {};
}

CancelCallback compose(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  const control::ManagedServerPtr server = named_server(api, call);
  answer(json_response(to_json(server->compose(read_scenario(call.request.body))), 201));
  return {};
}

CancelCallback add_result(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  const control::ManagedServerPtr server = named_server(api, call);
  server->add_result(read_result(call.request.body));
  answer(empty_response());
  return {};
}

CancelCallback verdict(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  const control::ManagedServerPtr server = named_server(api, call);
  control::VerdictRequest request = read_verdict_request(call.target);
  request.as_text = call.request.accept.starts_with("text/plain");
  // The client may leave meanwhile: then nobody hears of it.
  const auto wanted = std::make_shared<bool>(true);
  server->verdict(request, [answer, wanted, as_text = request.as_text](std::string report) {
    if (!*wanted) return;
    answer(as_text ? text_response(std::move(report)) : json_response(std::move(report)));
  });
  return [wanted] { *wanted = false; };
}

CancelCallback dialogue(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  check_query(call.target, {});
  const auto wanted = std::make_shared<bool>(true);
  named_server(api, call)->dialogue([answer, wanted](std::string text) {
    if (*wanted) answer(text_response(std::move(text)));
  });
  return [wanted] { *wanted = false; };
}

constexpr std::array verdict_table = {
    Route{"POST", "/v1/servers/{id}/handovers", hand_over},
    Route{"POST", "/v1/servers/{id}/compose", compose},
    Route{"POST", "/v1/servers/{id}/results", add_result},
    Route{"GET", "/v1/servers/{id}/verdict", verdict},
    Route{"GET", "/v1/servers/{id}/dialogue", dialogue},
};

} // namespace

std::span<const Route> verdict_routes() {
  return verdict_table;
}

} // namespace tempfail::http
