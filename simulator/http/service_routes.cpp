// The program itself, and its scenarios.
#include "http/api.hpp"
#include "http/openapi.hpp"
#include "http/problem.hpp"
#include "http/requests.hpp"
#include "http/views.hpp"

#include <array>
#include <optional>

namespace tempfail::http {

namespace {

/// Both say the same: what listens here has all that it needs.
CancelCallback say_ok(Api&, const RoutedRequest&, const ResponseCallback& answer) {
  answer(text_response("ok\n"));
  return {};
}

CancelCallback metrics(Api& api, const RoutedRequest&, const ResponseCallback& answer) {
  control::Servers& servers = api.subject().servers;
  std::optional<control::MixView> mix;
  if (const control::ManagedServerPtr mixed = server_with_mix(api)) mix = mixed->mix();
  answer(text_response(to_metrics(servers.totals(), servers.all().size(), api.requests(),
                                  api.refused(), mix ? &*mix : nullptr),
                       "text/plain; version=0.0.4; charset=utf-8"));
  return {};
}

CancelCallback version(Api& api, const RoutedRequest&, const ResponseCallback& answer) {
  answer(json_response("{\"name\":\"tempfail\",\"version\":\"" + api.subject().version +
                       "\",\"api\":\"v1\"}\n"));
  return {};
}

CancelCallback openapi(Api&, const RoutedRequest&, const ResponseCallback& answer) {
  answer(json_response(std::string(openapi_document())));
  return {};
}

CancelCallback list_scenarios(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  check_query(call.target, {});
  answer(json_response(to_json(api.subject().scenarios.all())));
  return {};
}

CancelCallback show_scenario(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  const scenario::ScenarioPtr scenario = api.subject().scenarios.find(call.parameter(0));
  if (call.request.accept.starts_with("application/yaml"))
    answer(text_response(scenario->text, "application/yaml"));
  else
    answer(json_response(to_json(*scenario)));
  return {};
}

CancelCallback put_scenario(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  auto put = api.subject().scenarios.put(call.parameter(0), call.request.body);
  if (!put.loaded.mistakes.empty())
    throw Problem(422, "the scenario has mistakes: " + put.loaded.mistakes.front().to_string())
        .with(std::move(put.loaded.mistakes));
  answer(json_response(to_json(*put.loaded.scenario), put.is_new ? 201 : 200));
  return {};
}

constexpr std::array service_table = {
    Route{"GET", "/readyz", say_ok},
    Route{"GET", "/healthz", say_ok},
    Route{"GET", "/metrics", metrics},
    Route{"GET", "/v1/version", version},
    Route{"GET", "/v1/openapi.json", openapi},
    Route{"GET", "/v1/scenarios", list_scenarios},
    Route{"GET", "/v1/scenarios/{name}", show_scenario},
    Route{"PUT", "/v1/scenarios/{name}", put_scenario},
};

} // namespace

std::span<const Route> service_routes() {
  return service_table;
}

} // namespace tempfail::http
