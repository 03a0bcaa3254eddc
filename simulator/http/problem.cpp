// Errors as application/problem+json.
#include "http/problem.hpp"

#include <nlohmann/json.hpp>

namespace tempfail::http {

Problem& Problem::with(std::string name, std::string value) {
  headers_.emplace_back(std::move(name), std::move(value));
  return *this;
}

Problem& Problem::with(std::vector<scenario::Mistake> mistakes) {
  mistakes_ = std::move(mistakes);
  return *this;
}

Response Problem::response() const {
  using Json = nlohmann::ordered_json;
  Json json = {{"type", "about:blank"},
               {"title", reason_of(status_)},
               {"status", status_},
               {"detail", what()}};
  if (!allowed_.empty()) json["allowed"] = allowed_;
  for (const scenario::Mistake& mistake : mistakes_)
    json["mistakes"].push_back({{"line", mistake.at.line},
                                {"column", mistake.at.column},
                                {"what", mistake.what},
                                {"allowed", mistake.allowed}});
  Response response;
  response.status = status_;
  response.content_type = "application/problem+json";
  response.body = json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
  response.headers = headers_;
  return response;
}

} // namespace tempfail::http
