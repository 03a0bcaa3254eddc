// The API: which requests there are, and what becomes of them. Knows no sockets.
#pragma once

#include "control/scenarios.hpp"
#include "control/servers.hpp"
#include "http/message.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::http {

/// Takes the response, once.
using ResponseCallback = std::function<void(Response)>;
/// Ends the work on a request that nobody waits for any more; may be empty.
using CancelCallback = std::function<void()>;

/// What the API is about. It outlives the API.
struct ApiSubject {
  control::Servers& servers;
  control::Scenarios& scenarios;
  const control::Limits& limits;
  std::string version; ///< of the program
};

/// A request on its way to its handler.
struct RoutedRequest {
  const Request& request;
  const Target& target;
  std::vector<std::string> parameters; ///< of the path, in order

  const std::string& parameter(std::size_t index) const { return parameters.at(index); }
};

class Api {
 public:
  explicit Api(ApiSubject subject) : subject_(std::move(subject)) {}

  /// Answers at once, or later from the loop. Whatever goes wrong is an answer, too.
  CancelCallback handle(const Request& request, ResponseCallback answer);
  /// An error that was answered before a request came here.
  void count_refused() { ++requests_, ++refused_; }

  const ApiSubject& subject() const { return subject_; }
  std::uint64_t requests() const { return requests_; }
  std::uint64_t refused() const { return refused_; }

 private:
  ApiSubject subject_;
  std::uint64_t requests_ = 0;
  std::uint64_t refused_ = 0; ///< answered with a status from 400 on
};

/// One method of one path. A handler throws Problem or control::Refusal, or answers.
struct Route {
  std::string_view method;
  std::string_view path; ///< "/v1/servers/{id}/tries": each in braces is one segment
  CancelCallback (*handle)(Api& api, const RoutedRequest& call, const ResponseCallback& answer);
};
/// All of them.
std::vector<Route> routes();

// Those of each file.
std::span<const Route> service_routes();
std::span<const Route> mix_routes();
std::span<const Route> server_routes();
std::span<const Route> arrival_routes();
std::span<const Route> name_routes();
std::span<const Route> verdict_routes();
std::span<const Route> mailpit_routes();
/// The live page's files: no part of the API, and not among routes().
std::span<const Route> page_routes();

/// The way to stop waiting, for as long as the server is there.
CancelCallback cancel_of(const control::ManagedServerPtr& server,
                         control::ManagedServer::WaitId wait);
/// Of a server that was closed while somebody waited.
Response server_gone(const std::string& id);

/// The server that the path names first; its lease begins anew. Throws control::Refusal.
control::ManagedServerPtr named_server(Api& api, const RoutedRequest& call);

/// The server that serves a mix; null: none does.
control::ManagedServerPtr server_with_mix(Api& api);

// What handlers answer with.
Response json_response(std::string body, int status = 200);
Response text_response(std::string body, std::string type = "text/plain; charset=utf-8");
Response empty_response();

} // namespace tempfail::http
