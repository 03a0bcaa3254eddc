// The name server of a server: what it answers for, names set by request, and the queries that came.
#include "http/api.hpp"
#include "http/requests.hpp"
#include "http/views.hpp"

#include <array>

namespace tempfail::http {

namespace {

using control::WaitEnd;

CancelCallback show_names(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  answer(json_response(to_json(named_server(api, call)->names())));
  return {};
}

CancelCallback set(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  named_server(api, call)->set_name(call.parameter(1), read_address(call.request.body));
  answer(empty_response());
  return {};
}

CancelCallback remove_name(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  named_server(api, call)->remove_name(call.parameter(1));
  answer(empty_response());
  return {};
}

CancelCallback queries(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  const control::ManagedServerPtr server = named_server(api, call);
  const QueryListRequest question =
      read_query_list_request(call.target, api.subject().limits.longest_wait);
  const auto wait = server->wait_for_queries(
      question.filter, question.least, question.wait,
      [answer, weak = std::weak_ptr(server),
       id = server->id()](WaitEnd end, const std::vector<control::QueryView>& list) {
        if (const auto still = weak.lock()) still->renew();
        answer(end == WaitEnd::gone ? server_gone(id)
                                    : json_response(to_json(list, end == WaitEnd::ready)));
      });
  return cancel_of(server, wait);
}

constexpr std::array name_table = {
    Route{"GET", "/v1/servers/{id}/names", show_names},
    Route{"PUT", "/v1/servers/{id}/names/{name}", set},
    Route{"DELETE", "/v1/servers/{id}/names/{name}", remove_name},
    Route{"GET", "/v1/servers/{id}/queries", queries},
};

} // namespace

std::span<const Route> name_routes() {
  return name_table;
}

} // namespace tempfail::http
