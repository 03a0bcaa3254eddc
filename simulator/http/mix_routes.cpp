// The mix that the program serves: shown, and changed while it runs.
#include "control/mix_view.hpp"
#include "http/api.hpp"
#include "http/problem.hpp"
#include "http/requests.hpp"
#include "http/views.hpp"

#include <array>
#include <utility>

namespace tempfail::http {

namespace {

control::ManagedServerPtr required_server(Api& api) {
  control::ManagedServerPtr mixed = server_with_mix(api);
  if (!mixed) control::refuse_without_mix();
  return mixed;
}

CancelCallback show_mix(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  check_query(call.target, {});
  const control::MixView mix = required_server(api)->mix();
  if (call.request.accept.starts_with("application/yaml"))
    answer(text_response(mix.text, "application/yaml"));
  else
    answer(json_response(to_json(mix)));
  return {};
}

CancelCallback change(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  check_query(call.target, {});
  const control::ManagedServerPtr mixed = required_server(api);
  std::vector<scenario::Mistake> mistakes = mixed->change_mix(call.request.body, "mix.yaml");
  if (!mistakes.empty())
    throw Problem(422, "the mix has mistakes: " + mistakes.front().to_string())
        .with(std::move(mistakes));
  answer(json_response(to_json(mixed->mix())));
  return {};
}

constexpr std::array mix_table = {
    Route{"GET", "/v1/mix", show_mix},
    Route{"PUT", "/v1/mix", change},
};

} // namespace

control::ManagedServerPtr server_with_mix(Api& api) {
  for (control::ManagedServerPtr& server : api.subject().servers.all())
    if (server->serves_mix()) return std::move(server);
  return nullptr;
}

std::span<const Route> mix_routes() {
  return mix_table;
}

} // namespace tempfail::http
