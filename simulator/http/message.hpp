// Requests and responses of the API as values, whatever carries them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tempfail::http {

/// What of a request matters here. Empty texts: there is no such field.
struct Request {
  std::string method;
  std::string target; ///< path and query, as they came
  std::string host;
  std::string origin;
  std::string authorization;
  std::string content_type;
  std::string accept;
  std::string last_event_id;
  std::string body;
};

/// A body that is made while it is sent.
class Stream {
 public:
  virtual ~Stream() = default;
  /// Calls back once: with what comes next, or with nothing, which is the end.
  virtual void next(std::function<void(std::optional<std::string>)> done) = 0;
};

struct Response {
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<Stream> stream; ///< in place of the body; null: the body it is
};

/// "Not Found"; empty: not a status of this API.
std::string_view reason_of(int status);

/// A request's path, in segments, and its query, both without percent-encoding.
struct Target {
  std::vector<std::string> path;
  std::vector<std::pair<std::string, std::string>> query;

  /// The last value of a key; null: it is not there.
  const std::string* find(std::string_view key) const;
};
/// Nothing: the encoding is broken.
std::optional<Target> parse_target(std::string_view text);

} // namespace tempfail::http
