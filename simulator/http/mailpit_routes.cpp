// A part of Mailpit's API, so that test suites that ask Mailpit what arrived can ask here: the messages of all servers,
// the latest first.
#include "control/refusal.hpp"
#include "http/api.hpp"
#include "http/problem.hpp"
#include "http/requests.hpp"
#include "mime/mail_view.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <ctime>

namespace tempfail::http {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t usual_count = 50; // messages of a list

/// A message and whose it is.
struct Found {
  std::string id; ///< "1.3-1": server, message
  control::KeptMessagePtr message;
};

/// Of all servers, the latest first.
std::vector<Found> all_messages(Api& api) {
  std::vector<Found> found;
  for (const control::ManagedServerPtr& server : api.subject().servers.all())
    for (const control::KeptMessagePtr& message : server->messages({}))
      found.push_back({server->id() + "." + message->view.id, message});
  std::stable_sort(found.begin(), found.end(), [](const Found& one, const Found& other) {
    return one.message->view.unix_us > other.message->view.unix_us;
  });
  return found;
}

std::string date_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text, size};
}

Json json_of(const mime::MailAddress& address) {
  return {{"Name", address.name}, {"Address", address.address}};
}

Json json_of(const std::vector<mime::MailAddress>& addresses) {
  Json list = Json::array();
  for (const mime::MailAddress& address : addresses)
    list.push_back(json_of(address));
  return list;
}

/// Those of the envelope whom no field names: as Mailpit has it, they are blind copies.
std::vector<mime::MailAddress> blind_copies(const control::MessageView& message,
                                            const mime::MailView& view) {
  std::vector<mime::MailAddress> blind = view.bcc;
  for (const std::string& recipient : message.recipients) {
    const auto names = [&recipient](const std::vector<mime::MailAddress>& list) {
      return std::any_of(list.begin(), list.end(),
                         [&](const auto& one) { return one.address == recipient; });
    };
    if (!names(view.to) && !names(view.cc) && !names(blind)) blind.push_back({"", recipient});
  }
  return blind;
}

/// What the list and a single message have in common.
Json json_of(const Found& found, const mime::MailView& view) {
  const control::MessageView& message = found.message->view;
  const mime::MailAddress nobody{"", message.sender};
  return {{"ID", found.id},
          {"MessageID", message.message_id},
          {"Read", false},
          {"From", json_of(view.from.empty() ? nobody : view.from.front())},
          {"To", json_of(view.to)},
          {"Cc", json_of(view.cc)},
          {"Bcc", json_of(blind_copies(message, view))},
          {"ReplyTo", json_of(view.reply_to)},
          {"Subject", view.subject},
          {"Tags", Json::array()},
          {"Size", message.size}};
}

Json summary_of(const Found& found) {
  constexpr std::size_t longest_snippet = 250; // bytes
  const mime::MailView view = mime::view_mail(found.message->content);
  Json json = json_of(found, view);
  constexpr std::int64_t in_a_second = 1'000'000;
  json["Created"] = date_text(found.message->view.unix_us / in_a_second);
  json["Attachments"] = view.attachments.size();
  json["Snippet"] = view.text.substr(0, longest_snippet);
  return json;
}

Json json_of(const mime::Attachment& attachment) {
  return {{"PartID", attachment.part},
          {"FileName", attachment.file_name},
          {"ContentType", attachment.content_type},
          {"ContentID", attachment.content_id},
          {"Size", attachment.size}};
}

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

CancelCallback list_messages(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  check_query(call.target, {"start", "limit"});
  const std::vector<Found> all = all_messages(api);
  const std::uint64_t start = read_number(call.target, "start", 0);
  const std::uint64_t count = read_number(call.target, "limit", usual_count);
  Json messages = Json::array();
  for (std::uint64_t i = start; i < all.size() && i - start < count; ++i)
    messages.push_back(summary_of(all[i]));
  answer(json_response(dumped({{"total", all.size()},
                               {"unread", all.size()},
                               {"count", messages.size()},
                               {"messages_count", all.size()},
                               {"messages_unread", all.size()},
                               {"start", start},
                               {"tags", Json::array()},
                               {"messages", std::move(messages)}})));
  return {};
}

CancelCallback show_message(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  const std::vector<Found> all = all_messages(api);
  const std::string& id = call.parameter(0);
  const auto found = id == "latest" ? all.begin()
                                    : std::find_if(all.begin(), all.end(),
                                                   [&](const Found& one) { return one.id == id; });
  if (found == all.end()) throw Problem(404, "there is no message " + id);
  const mime::MailView view = mime::view_mail(found->message->content);
  Json json = json_of(*found, view);
  json.erase("Read");
  json["ReturnPath"] = found->message->view.sender;
  constexpr std::int64_t in_a_second = 1'000'000;
  json["Date"] = date_text(view.date.value_or(found->message->view.unix_us / in_a_second));
  json["Text"] = view.text;
  json["HTML"] = view.html;
  json["Inline"] = Json::array();
  json["Attachments"] = Json::array();
  for (const mime::Attachment& attachment : view.attachments)
    json[attachment.is_inline ? "Inline" : "Attachments"].push_back(json_of(attachment));
  answer(json_response(dumped(json)));
  return {};
}

CancelCallback forget(Api& api, const RoutedRequest& call, const ResponseCallback& answer) {
  const std::vector<std::string> ids = read_message_ids(call.request.body);
  for (const control::ManagedServerPtr& server : api.subject().servers.all()) {
    if (ids.empty()) {
      server->forget_messages();
      continue;
    }
    const std::string prefix = server->id() + ".";
    for (const std::string& id : ids)
      if (id.starts_with(prefix)) server->forget_message(id.substr(prefix.size()));
  }
  Response response;
  response.content_type = "text/plain";
  response.body = "ok";
  answer(std::move(response));
  return {};
}

constexpr std::array mailpit_table = {
    Route{"GET", "/api/v1/messages", list_messages},
    Route{"DELETE", "/api/v1/messages", forget},
    Route{"GET", "/api/v1/message/{message}", show_message},
};

} // namespace

std::span<const Route> mailpit_routes() {
  return mailpit_table;
}

} // namespace tempfail::http
