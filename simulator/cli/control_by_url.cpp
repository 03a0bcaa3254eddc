// The client of the HTTP API: each command is one request.
#include "cli/control_client.hpp"
#include "cli/error.hpp"
#include "cli/mix_file.hpp"
#include "cli/text.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace tempfail::cli {

namespace {

namespace asio = boost::asio;
namespace bhttp = boost::beast::http;
using Json = nlohmann::ordered_json;

struct Place {
  std::string host; ///< without brackets
  std::string port;
};

Place place_of(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  const auto wrong = [url]() -> UsageError {
    return UsageError("--url " + std::string(url) +
                      " is not a valid address of an API; allowed: http://127.0.0.1:8025");
  };
  if (!url.starts_with(scheme)) throw wrong();
  std::string_view rest = url.substr(scheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  // Behind the bracket of an address of IPv6.
  const std::size_t colon = rest.ends_with(']') ? std::string_view::npos : rest.rfind(':');
  Place place;
  place.host = rest.substr(0, colon);
  if (colon != std::string_view::npos) place.port = rest.substr(colon + 1);
  if (place.host.starts_with('[') && place.host.ends_with(']'))
    place.host = place.host.substr(1, place.host.size() - 2);
  if (place.port.empty()) place.port = "80";
  if (place.host.empty() || rest.find('/') != std::string_view::npos) throw wrong();
  return place;
}

/// Percent-encoded where it is not a letter, a digit, a hyphen, a dot or an underscore.
std::string encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '.' || c == '_';
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    if (plain)
      result += c;
    else
      result += {'%', digits[byte >> 4U], digits[byte & 15U]};
  }
  return result;
}

/// What the API says in an error.
std::string complaint(const std::string& body) {
  const Json problem = Json::parse(body, nullptr, false);
  if (!problem.is_object() || !problem.contains("detail"))
    return "the API refused the command: " + body;
  std::string text = problem["detail"].get<std::string>();
  if (problem.contains("allowed")) text += "; allowed: " + problem["allowed"].get<std::string>();
  return text;
}

[[noreturn]] void complain_of_usage(const std::string& usage) {
  throw UsageError("usage: " + usage);
}

class UrlClient final : public ControlClient {
 public:
  UrlClient(const std::string& url, const std::string& server, std::string token)
      : url_(url), place_(place_of(url)), path_("/v1/servers/" + encoded(server)),
        token_(std::move(token)) {}

  std::string ask(const std::vector<std::string>& words) override {
    const std::string& name = words.front();
    const auto argument = [&](const char* usage) -> const std::string& {
      if (words.size() != 2) complain_of_usage(usage);
      return words[1];
    };
    if (name == "advance")
      return post("/advance", {{"by", argument("advance DURATION")}})["now"].get<std::string>();
    if (name == "reset") {
      const bool all = argument("reset NAME|all") == "all";
      post("/reset", all ? Json::object() : Json::object({{"scenario", words[1]}}));
      return "reset " + words[1];
    }
    if (name == "stop-queue" || name == "start-queue") {
      const std::string state = name == "stop-queue" ? "stopped" : "started";
      post("/queue",
           {{"scenario", argument("stop-queue NAME, start-queue NAME")}, {"state", state}});
      return state + " " + words[1];
    }
    if (name == "mark")
      return std::to_string(
          post("/mark", {{"label", argument("mark LABEL")}})["position"].get<std::uint64_t>());
    if (name == "ready" && words.size() == 1) {
      request(bhttp::verb::get, "/readyz", {}); // of the whole program, whichever servers it has
      return "ready";
    }
    if (name == "now" && words.size() == 1) return get("")["now"].get<std::string>();
    if (name == "status" && words.size() == 1) return get("").dump();
    if (name == "mix") return mix(words);
    if (name == "wait") {
      if (words.size() != 4 || (words[1] != "tries" && words[1] != "messages"))
        complain_of_usage("wait tries|messages COUNT TIME");
      return get("/" + words[1] + "?min=" + encoded(words[2]) + "&wait=" + encoded(words[3]))
          .dump();
    }
    if (name == "events") {
      if (words.size() != 3) complain_of_usage("events POSITION TIME");
      return events(words[1], words[2]);
    }
    throw UsageError("unknown command " + joined(words, " ") +
                     "; tempfail control --help lists them");
  }

 private:
  /// The mix is the program's: no server is named.
  std::string mix(const std::vector<std::string>& words) {
    if (words.size() > 2) complain_of_usage("mix [FILE]");
    const bool changes = words.size() == 2;
    std::string body =
        request(changes ? bhttp::verb::put : bhttp::verb::get, "/v1/mix",
                changes ? read_mix_file(words[1]) : std::string(), "application/yaml")
            .body();
    while (body.ends_with('\n'))
      body.pop_back();
    return body;
  }

  std::string events(const std::string& position, const std::string& time) {
    const auto response =
        request(bhttp::verb::get,
                path_ + "/journal?after=" + encoded(position) + "&wait=" + encoded(time), {});
    Json list = Json::array();
    std::string_view rest = response.body();
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      list.push_back(Json::parse(rest.substr(0, end)));
      rest.remove_prefix(end + 1);
    }
    const auto last = response["Tempfail-Position"];
    return Json{{"position", Json::parse(std::string(last.data(), last.size()))},
                {"events", std::move(list)}}
        .dump();
  }

  Json get(const std::string& target) {
    return Json::parse(request(bhttp::verb::get, path_ + target, {}).body());
  }
  Json post(const std::string& target, const Json& body) {
    const std::string text = request(bhttp::verb::post, path_ + target, body.dump()).body();
    return text.empty() ? Json() : Json::parse(text);
  }

  using Response = bhttp::response<bhttp::string_body>;

  Response request(bhttp::verb method, const std::string& target, std::string body,
                   const char* type = "application/json") {
    try {
      asio::io_context context;
      asio::ip::tcp::resolver resolver(context);
      asio::ip::tcp::socket socket(context);
      asio::connect(socket, resolver.resolve(place_.host, place_.port));
      bhttp::request<bhttp::string_body> message(method, target, 11);
      const bool v6 = place_.host.find(':') != std::string::npos;
      message.set(bhttp::field::host,
                  (v6 ? "[" + place_.host + "]" : place_.host) + ":" + place_.port);
      if (!token_.empty()) message.set(bhttp::field::authorization, "Bearer " + token_);
      if (!body.empty()) message.set(bhttp::field::content_type, type);
      message.body() = std::move(body);
      message.prepare_payload();
      bhttp::write(socket, message);
      boost::beast::flat_buffer buffer;
      bhttp::response_parser<bhttp::string_body> parser;
      parser.body_limit(std::uint64_t{64} << 20U);
      bhttp::read(socket, buffer, parser);
      Response response = parser.release();
      if (response.result_int() >= 400) throw UsageError(complaint(response.body()));
      return response;
    } catch (const boost::system::system_error& error) {
      throw CannotRun(url_ + ": " + error.code().message());
    }
  }

  std::string url_;
  Place place_;
  std::string path_;
  std::string token_;
};

} // namespace

std::unique_ptr<ControlClient> control_by_url(const std::string& url, const std::string& server,
                                              const std::string& token) {
  return std::make_unique<UrlClient>(url, server, token);
}

} // namespace tempfail::cli
