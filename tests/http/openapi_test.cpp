// The description of the API and the code say the same.
#include "http/api.hpp"
#include "http/openapi.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <string>

using namespace tempfail;
using Json = nlohmann::json;

namespace {

const Json& document() {
  static const Json parsed = Json::parse(http::openapi_document());
  return parsed;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

/// Everything in it that points to something else.
void collect_references(const Json& value, std::set<std::string>& references) {
  for (const auto& entry : value.items()) {
    if (entry.key() == "$ref" && entry.value().is_string())
      references.insert(entry.value().get<std::string>());
    if (entry.value().is_structured()) collect_references(entry.value(), references);
  }
}

} // namespace

TEST_CASE("openapi: each route of the code is described, and nothing else is") {
  std::set<std::string> described;
  for (const auto& path : document().at("paths").items())
    for (const auto& operation : path.value().items())
      described.insert(operation.key() + " " + path.key());
  std::set<std::string> coded;
  for (const http::Route& route : http::routes())
    CHECK(coded.insert(lower(route.method) + " " + std::string(route.path)).second);
  CHECK(described == coded);
  CHECK(coded.size() >= 24);
}

TEST_CASE("openapi: the braces of a path are its parameters") {
  for (const auto& path : document().at("paths").items())
    for (const auto& operation : path.value().items()) {
      std::set<std::string> in_path;
      for (std::size_t at = path.key().find('{'); at != std::string::npos;
           at = path.key().find('{', at + 1))
        in_path.insert(path.key().substr(at + 1, path.key().find('}', at) - at - 1));
      std::set<std::string> named;
      for (const Json& parameter : operation.value().value("parameters", Json::array()))
        if (parameter.at("in") == "path") named.insert(parameter.at("name").get<std::string>());
      CHECK(named == in_path);
    }
}

TEST_CASE("openapi: what is pointed to is there, and each schema is used") {
  std::set<std::string> references;
  collect_references(document(), references);
  CHECK_FALSE(references.empty());
  for (const std::string& reference : references)
    CHECK(document().contains(Json::json_pointer(reference.substr(1))));
  for (const auto& schema : document().at("components").at("schemas").items())
    CHECK(references.contains("#/components/schemas/" + schema.key()));
}

TEST_CASE("openapi: operations have names of their own") {
  std::set<std::string> names;
  for (const auto& path : document().at("paths").items())
    for (const auto& operation : path.value().items())
      CHECK(names.insert(operation.value().at("operationId").get<std::string>()).second);
}
