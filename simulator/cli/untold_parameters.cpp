// Looks for placeholders and variables that say a parameter.
#include "cli/untold_parameters.hpp"

#include "cli/placeholders.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace tempfail::cli {

namespace {

struct Place {
  std::string_view keyword;     ///< of the parameter, with its "=" if it has one
  std::string_view placeholder; ///< that says it alone
  std::string_view variable;
};
constexpr std::array<Place, 5> places = {{{"NOTIFY=", "{notify}", "TEMPFAIL_NOTIFY"},
                                          {"RET=", "{ret}", "TEMPFAIL_RET"},
                                          {"ENVID=", "{envid}", "TEMPFAIL_ENVID"},
                                          {"ORCPT=", "{orcpt}", "TEMPFAIL_ORCPT"},
                                          {"REQUIRETLS", "{requiretls}", "TEMPFAIL_REQUIRETLS"}}};

bool is_request(const std::string& parameter) {
  return std::any_of(places.begin(), places.end(),
                     [&](const Place& place) { return parameter.starts_with(place.keyword); });
}

} // namespace

std::vector<std::string> untold_parameters(const std::vector<std::string>& parameters,
                                           const std::vector<std::string>& command) {
  constexpr std::array<std::string_view, 5> all = {
      "{parameters}", "TEMPFAIL_PARAMETERS", "{handover}", "{handovers}", "TEMPFAIL_HANDOVER"};
  std::vector<std::string> untold;
  if (mentions_any(all, command)) return untold;
  for (const std::string& parameter : parameters) {
    const auto* const place = std::find_if(places.begin(), places.end(), [&](const Place& one) {
      return parameter.starts_with(one.keyword);
    });
    if (!is_request(parameter)) continue;
    const bool told =
        place != places.end() &&
        mentions_any(std::array<std::string_view, 2>{place->placeholder, place->variable}, command);
    if (!told) untold.push_back(parameter);
  }
  return untold;
}

} // namespace tempfail::cli
