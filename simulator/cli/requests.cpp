// Writes requests as they stand in MAIL and RCPT.
#include "cli/requests.hpp"

#include "cli/placeholders.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace tempfail::cli {

namespace {

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

/// RFC 3461 section 4: what is not plain is written as +XX.
std::string xtext(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string written;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte < 0x7F && c != '+' && c != '=') {
      written += c;
    } else {
      written += '+';
      written += digits[byte >> 4U];
      written += digits[byte & 15U];
    }
  }
  return written;
}

/// The type of an original recipient is no xtext.
std::string orcpt_value(const std::string& text) {
  const std::size_t semicolon = text.find(';');
  return text.substr(0, semicolon + 1) + xtext(std::string_view(text).substr(semicolon + 1));
}

struct Place {
  std::string_view keyword;     ///< of the parameter, with its "="
  std::string_view placeholder; ///< that says it alone
  std::string_view variable;
};
constexpr std::array<Place, 4> places = {{{"NOTIFY=", "{notify}", "TEMPFAIL_NOTIFY"},
                                          {"RET=", "{ret}", "TEMPFAIL_RET"},
                                          {"ENVID=", "{envid}", "TEMPFAIL_ENVID"},
                                          {"ORCPT=", "{orcpt}", "TEMPFAIL_ORCPT"}}};

bool is_request(const std::string& parameter) {
  return parameter == "REQUIRETLS" ||
         std::any_of(places.begin(), places.end(),
                     [&](const Place& place) { return parameter.starts_with(place.keyword); });
}

} // namespace

std::vector<std::string> parameters_of(const scenario::TestRequests& requests) {
  std::vector<std::string> parameters;
  if (!requests.notify.empty()) parameters.push_back("NOTIFY=" + upper(requests.notify));
  if (!requests.ret.empty()) parameters.push_back("RET=" + upper(requests.ret));
  if (!requests.envid.empty()) parameters.push_back("ENVID=" + xtext(requests.envid));
  if (!requests.orcpt.empty()) parameters.push_back("ORCPT=" + orcpt_value(requests.orcpt));
  if (requests.requiretls) parameters.emplace_back("REQUIRETLS");
  return parameters;
}

std::vector<std::string> untold_parameters(const std::vector<std::string>& parameters,
                                           const std::vector<std::string>& command) {
  constexpr std::array<std::string_view, 5> all = {
      "{parameters}", "TEMPFAIL_PARAMETERS", "{handover}", "{handovers}", "TEMPFAIL_HANDOVER"};
  std::vector<std::string> untold;
  if (names_any(all, command)) return untold;
  for (const std::string& parameter : parameters) {
    const auto* const place = std::find_if(places.begin(), places.end(), [&](const Place& one) {
      return parameter.starts_with(one.keyword);
    });
    if (!is_request(parameter)) continue;
    const bool told =
        place != places.end() &&
        names_any(std::array<std::string_view, 2>{place->placeholder, place->variable}, command);
    if (!told) untold.push_back(parameter);
  }
  return untold;
}

} // namespace tempfail::cli
