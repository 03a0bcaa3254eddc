// Handed-over messages as files for the sender and as events for the judge.
#include "cli/handover.hpp"

#include "cli/read_file.hpp"
#include "control/note_marks.hpp"
#include "mime/marks.hpp"
#include "wire/content_hash.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace tempfail::cli {

namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json port_number(const std::string& text) {
  std::uint16_t port = 0;
  std::from_chars(text.data(), text.data() + text.size(), port);
  return port;
}

Json object_of(const Handover& handover, const HandoverSetting& setting) {
  return Json{{"id", handover.id},
              {"scenario", setting.scenario},
              {"host", setting.host},
              {"port", port_number(setting.port)},
              {"sender", handover.sender},
              {"recipients", handover.recipients},
              {"parameters", handover.parameters},
              {"message", handover.message_file.string()},
              {"message_lf", handover.message_lf_file.string()},
              {"message_id", handover.message_id},
              {"size", handover.message.size()},
              {"time_scale", setting.time_scale},
              {"tls", setting.tls},
              {"tls_mode", setting.tls_mode},
              {"ca", text_or_null(setting.ca)},
              {"dns", text_or_null(setting.dns)},
              {"user", text_or_null(setting.user)},
              {"password", text_or_null(setting.password)},
              {"role", text_or_null(setting.role)},
              {"result", setting.result_file.string()}};
}

/// A file name that is not UTF-8 must not keep a test from running.
std::string dumped(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string with_lf(std::string_view message) {
  std::string text;
  text.reserve(message.size());
  for (std::size_t i = 0; i < message.size(); ++i)
    if (message[i] != '\r' || i + 1 == message.size() || message[i + 1] != '\n') text += message[i];
  return text;
}

std::string joined_by_blanks(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : " ") + word;
  return text;
}

} // namespace

std::string to_json(const Handover& handover, const HandoverSetting& setting) {
  return dumped(object_of(handover, setting));
}

std::string to_json(const std::vector<Handover>& handovers, const HandoverSetting& setting) {
  Json list = Json::array();
  for (const Handover& handover : handovers)
    list.push_back(object_of(handover, setting));
  return dumped(list);
}

void write_files(const std::vector<Handover>& handovers, const HandoverSetting& setting,
                 const HandoverFiles& files) {
  for (const Handover& handover : handovers) {
    write_file(handover.message_file, handover.message);
    write_file(handover.message_lf_file, with_lf(handover.message));
  }
  write_file(files.first, to_json(handovers.front(), setting));
  write_file(files.all, to_json(handovers, setting));
}

void record(const Handover& handover, Moment now, std::uint32_t server,
            journal::Recorder& recorder) {
  wire::ContentHash hash;
  hash.add(handover.message);
  const std::vector<std::string_view> recipients(handover.recipients.begin(),
                                                 handover.recipients.end());
  const std::string parameters = joined_by_blanks(handover.parameters);
  const std::string untold = joined_by_blanks(handover.untold_parameters);
  journal::event::Handover event;
  event.id = handover.id;
  event.sender = handover.sender;
  event.recipients = recipients;
  event.parameters = parameters;
  event.untold_parameters = untold;
  if (handover.given) event.content_source = "given";
  event.offered = handover.offered;
  event.size = handover.message.size();
  event.hash = hash.value();
  event.message_id = handover.message_id;
  const auto marks = mime::find_marks(handover.message);
  if (marks) control::note_marks(*marks, event);
  recorder.record({now, 0, server, event});
}

std::string ids_of(const std::vector<Handover>& handovers) {
  std::vector<std::string> ids;
  for (const Handover& handover : handovers)
    ids.push_back(handover.id);
  return joined_by_blanks(ids);
}

} // namespace tempfail::cli
