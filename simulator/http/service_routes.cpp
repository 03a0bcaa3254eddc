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
Cancel say_ok(Api&, const Call&, const Answer& answer) {
  answer(text_response("ok\n"));
  return {};
}

Cancel metrics(Api& api, const Call&, const Answer& answer) {
  control::Servers& servers = api.subject().servers;
  std::optional<control::MixView> mix;
  if (const control::InstancePtr mixed = server_with_mix(api)) mix = mixed->mix();
  answer(text_response(to_metrics(servers.totals(), servers.all().size(), api.requests(),
                                  api.refused(), mix ? &*mix : nullptr),
                       "text/plain; version=0.0.4; charset=utf-8"));
  return {};
}

Cancel version(Api& api, const Call&, const Answer& answer) {
  answer(json_response("{\"name\":\"tempfail\",\"version\":\"" + api.subject().version +
                       "\",\"api\":\"v1\"}\n"));
  return {};
}

Cancel openapi(Api&, const Call&, const Answer& answer) {
  answer(json_response(std::string(openapi_document())));
  return {};
}

Cancel list_scenarios(Api& api, const Call& call, const Answer& answer) {
  check_query(call.target, {});
  answer(json_response(to_json(api.subject().scenarios.all())));
  return {};
}

Cancel show_scenario(Api& api, const Call& call, const Answer& answer) {
  const scenario::ScenarioPtr scenario = api.subject().scenarios.find(call.parameter(0));
  if (call.request.accept.starts_with("application/yaml"))
    answer(text_response(scenario->text, "application/yaml"));
  else
    answer(json_response(to_json(*scenario)));
  return {};
}

Cancel put_scenario(Api& api, const Call& call, const Answer& answer) {
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
