// What arrived at a server: tries, messages, and its journal as it grows.
#include "control/refusal.hpp"
#include "http/api.hpp"
#include "http/requests.hpp"
#include "http/views.hpp"

#include <array>

namespace tempfail::http {

namespace {

using control::WaitEnd;

/// So much of a journal is one response, or one piece of a stream.
constexpr std::size_t largest_part = std::size_t{16} << 20U;  // bytes
constexpr std::size_t largest_piece = std::size_t{64} << 10U; // bytes
/// A stream that has nothing to say says so, so that whoever is between does not take it for dead.
constexpr std::chrono::seconds silence{15};

CancelCallback tries(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  const control::ManagedServerPtr server = named_server(api, call);
  const ListRequest question = read_list_request(call.target, api.subject().limits.longest_wait);
  const auto wait = server->wait_for_tries(
      question.filter, question.least, question.wait,
      [answer, weak = std::weak_ptr(server),
       id = server->id()](WaitEnd end, const std::vector<control::TryView>& list) {
        if (const auto still = weak.lock()) still->renew();
        answer(end == WaitEnd::gone ? server_gone(id)
                                    : json_response(to_json(list, end == WaitEnd::ready)));
      });
  return cancel_of(server, wait);
}

CancelCallback messages(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  const control::ManagedServerPtr server = named_server(api, call);
  const ListRequest question = read_list_request(call.target, api.subject().limits.longest_wait);
  const auto wait = server->wait_for_messages(
      question.filter, question.least, question.wait,
      [answer, weak = std::weak_ptr(server),
       id = server->id()](WaitEnd end, const std::vector<control::KeptMessagePtr>& list) {
        if (const auto still = weak.lock()) still->renew();
        answer(end == WaitEnd::gone ? server_gone(id)
                                    : json_response(to_json(list, end == WaitEnd::ready)));
      });
  return cancel_of(server, wait);
}

CancelCallback forget_messages(Api& api, const RoutedRequest& call,
                               const ResponseCallback& answer) {
  named_server(api, call)->forget_messages();
  answer(empty_response());
  return {};
}

CancelCallback message(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  const control::KeptMessagePtr found = named_server(api, call)->message(call.parameter(1));
  if (call.request.accept.starts_with("application/json")) {
    answer(json_response(to_json(*found)));
    return {};
  }
  Response response;
  response.content_type = "message/rfc822";
  response.body = found->content;
  answer(std::move(response));
  return {};
}

Response lines_response(const control::MemoryJournal& journal, std::uint64_t after) {
  control::MemoryJournal::Lines lines = journal.after(after, largest_part);
  Response response;
  response.content_type = "application/x-ndjson";
  response.headers.emplace_back("Tempfail-Position", std::to_string(lines.last));
  response.body = std::move(lines.text);
  return response;
}

/// The journal as server-sent events, whose ids are positions, until the server is closed.
class JournalStream final : public Stream {
 public:
  JournalStream(const control::ManagedServerPtr& server, std::uint64_t position)
      : server_(server), position_(position) {}
  ~JournalStream() override {
    if (const auto server = server_.lock()) server->cancel(wait_);
  }

  void next(std::function<void(std::optional<std::string>)> done) override {
    const auto server = server_.lock();
    if (!server) {
      done(std::nullopt);
      return;
    }
    server->renew();
    wait_ = server->wait_for_events(position_, silence,
                                    [this, weak = server_, done = std::move(done)](WaitEnd end) {
                                      const auto still = weak.lock();
                                      if (!still || end == WaitEnd::gone)
                                        done(std::nullopt);
                                      else if (end == WaitEnd::ready)
                                        done(events(still->journal()));
                                      else
                                        done(": nothing new\n\n");
                                    });
  }

 private:
  std::string events(const control::MemoryJournal& journal) {
    const control::MemoryJournal::Lines lines = journal.after(position_, largest_piece);
    if (lines.last == position_) { // a journal that is full
      position_ = journal.position();
      return ": events were lost\n\n";
    }
    std::string text;
    std::string_view rest = lines.text;
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      text += "id: " + std::to_string(++position_) + "\ndata: ";
      text += rest.substr(0, end);
      text += "\n\n";
      rest.remove_prefix(end + 1);
    }
    return text;
  }

  std::weak_ptr<control::ManagedServer> server_;
  std::uint64_t position_;
  control::ManagedServer::WaitId wait_ = 0;
};

CancelCallback journal(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  check_query(call.target, {"after", "wait"});
  const control::ManagedServerPtr server = named_server(api, call);
  const std::uint64_t after = read_position(call.target, call.request.last_event_id);
  if (call.request.accept.find("text/event-stream") != std::string::npos) {
    Response response;
    response.content_type = "text/event-stream";
    response.headers.emplace_back("Cache-Control", "no-store");
    response.stream = std::make_shared<JournalStream>(server, after);
    answer(std::move(response));
    return {};
  }
  const auto time = read_wait(call.target, api.subject().limits.longest_wait);
  if (time.count() == 0 || server->journal().position() > after) {
    answer(lines_response(server->journal(), after));
    return {};
  }
  const auto wait = server->wait_for_events(
      after, time, [answer, after, weak = std::weak_ptr(server), id = server->id()](WaitEnd end) {
        const auto still = weak.lock();
        if (still) still->renew();
        answer(!still || end == WaitEnd::gone ? server_gone(id)
                                              : lines_response(still->journal(), after));
      });
  return cancel_of(server, wait);
}

constexpr std::array arrival_table = {
    Route{"GET", "/v1/servers/{id}/tries", tries},
    Route{"GET", "/v1/servers/{id}/messages", messages},
    Route{"DELETE", "/v1/servers/{id}/messages", forget_messages},
    Route{"GET", "/v1/servers/{id}/messages/{message}", message},
    Route{"GET", "/v1/servers/{id}/journal", journal},
};

} // namespace

std::span<const Route> arrival_routes() {
  return arrival_table;
}

} // namespace tempfail::http
