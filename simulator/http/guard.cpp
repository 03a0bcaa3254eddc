// Checks what a browser can't be made to say, and the token.
#include "http/guard.hpp"

#include "base/ascii.hpp"
#include "http/problem.hpp"

#include <algorithm>

namespace tempfail::http {

namespace {

using base::lower;

/// The host of "host:port" or "[address]:port", without brackets.
std::string host_of(std::string_view host_and_port) {
  if (host_and_port.starts_with('['))
    return std::string(host_and_port.substr(1, host_and_port.find(']') - 1));
  return std::string(host_and_port.substr(0, host_and_port.rfind(':')));
}

/// Listens on all addresses: what name it is reached by can't be known. There a token is needed, which no page has.
bool is_any(std::string_view address) {
  return address == "0.0.0.0" || address == "::";
}

bool is_own_name(const std::string& host, const GuardSetting& setting) {
  return host == "localhost" || is_loopback(host) || host == setting.address ||
         is_any(setting.address);
}

void check_host(const Request& request, const GuardSetting& setting) {
  if (request.host.empty()) throw Problem(400, "the request has no Host");
  if (is_own_name(lower(host_of(request.host)), setting)) return;
  throw Problem(421, "the Host " + request.host + " is not a name of this server",
                "localhost, 127.0.0.1, [::1], " + setting.address);
}

/// A page of this server has the Host's own authority for its origin.
void check_origin(const Request& request) {
  if (request.origin.empty() || lower(request.origin) == "http://" + lower(request.host)) return;
  throw Problem(403, "pages of " + request.origin + " may not use this server",
                "requests without Origin");
}

/// As long for a wrong token as for a right one, wherever it is wrong.
bool same(std::string_view one, std::string_view other) {
  bool differs = one.size() != other.size();
  for (std::size_t i = 0; i < one.size(); ++i)
    differs |= other.empty() || one[i] != other[i % other.size()];
  return !differs;
}

void check_token(const Request& request, const GuardSetting& setting) {
  if (setting.token.empty()) return;
  const std::string_view given = request.authorization;
  constexpr std::string_view scheme = "bearer ";
  if (lower(given.substr(0, scheme.size())) == scheme &&
      same(given.substr(scheme.size()), setting.token))
    return;
  throw Problem(401, "a token is needed", "Authorization: Bearer TOKEN")
      .with("WWW-Authenticate", "Bearer");
}

/// The bodies that a page can have sent to another site without asking it are of other types.
void check_content_type(const Request& request) {
  if (request.body.empty()) return;
  std::string type = lower(request.content_type.substr(0, request.content_type.find(';')));
  while (type.ends_with(' '))
    type.pop_back();
  const bool is_file = request.method == "PUT" && (request.target.starts_with("/v1/scenarios/") ||
                                                   request.target == "/v1/mix");
  const std::string_view wanted = is_file ? "application/yaml" : "application/json";
  if (type == wanted) return;
  throw Problem(415,
                "the Content-Type " +
                    (type.empty() ? std::string("is missing") : type + " is not supported"),
                std::string(wanted));
}

} // namespace

bool is_loopback(std::string_view address) {
  if (address == "::1") return true;
  return address.starts_with("127.") && std::all_of(address.begin(), address.end(), [](char c) {
           return c == '.' || (c >= '0' && c <= '9');
         });
}

void guard(const Request& request, const GuardSetting& setting) {
  check_host(request, setting);
  check_origin(request);
  const std::string_view path =
      std::string_view(request.target).substr(0, request.target.find('?'));
  const bool is_probe = path == "/readyz" || path == "/healthz"; // says nothing to anybody
  // The page's files are the same everywhere; what it asks for with them needs the token.
  const bool is_page = path == "/" || path.starts_with("/page/");
  if (!is_probe && !is_page) check_token(request, setting);
  check_content_type(request);
}

} // namespace tempfail::http
