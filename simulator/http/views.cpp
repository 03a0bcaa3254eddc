// Writes JSON. Times are protocol time in microseconds, and in words where people read them.
#include "http/views.hpp"

#include "scenario/hosts.hpp"

#include <nlohmann/json.hpp>

namespace tempfail::http {

namespace {

using Json = nlohmann::ordered_json;

/// A sender may have said anything: what is not UTF-8 must not keep the rest from being read.
std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json json_of(const control::EndpointView& view) {
  const net::Endpoint& endpoint = view.endpoint;
  return {{"scenario", endpoint.scenario},
          {"address", endpoint.address},
          {"port", endpoint.port},
          {"tls", endpoint.implicit_tls},
          {"host", text_or_null(endpoint.host)},
          {"open", view.open_sessions}};
}

Json json_of(const control::ServerView& server) {
  Json endpoints = Json::array();
  for (const control::EndpointView& endpoint : server.endpoints)
    endpoints.push_back(json_of(endpoint));
  Json names = nullptr;
  if (server.names) names = {{"address", server.names->address}, {"port", server.names->port}};
  Json lease = nullptr;
  if (server.lease)
    lease = {{"seconds", server.lease->length.count()}, {"left", server.lease->left.count()}};
  return {{"id", server.id},
          {"scenarios", server.scenarios},
          {"endpoints", std::move(endpoints)},
          {"clock", server.manual_clock ? "manual" : "real"},
          {"time_scale", server.time_scale},
          {"now", scenario::to_string(server.now)},
          {"now_us", server.now.count()},
          {"seed", server.seed},
          {"ca", text_or_null(server.ca)},
          {"names", std::move(names)},
          {"lease", std::move(lease)},
          {"connections", server.totals.connections},
          {"messages_accepted", server.totals.messages_accepted},
          {"open", server.totals.open_sessions},
          {"messages_kept", server.messages},
          {"messages_dropped", server.messages_dropped},
          {"journal", {{"position", server.journal_position}, {"lost", server.journal_lost}}}};
}

Json json_of(const control::MessageView& message) {
  return {{"id", message.id},
          {"scenario", message.scenario},
          {"sender", message.sender},
          {"recipients", message.recipients},
          {"message_id", text_or_null(message.message_id)},
          {"size", message.size},
          {"helo", message.helo},
          {"client", message.client},
          {"accepted", scenario::to_string(message.accepted)},
          {"accepted_us", message.accepted.count()},
          {"accepted_unix_us", message.unix_us},
          {"position", message.position}};
}

Json json_of(const control::TryView& attempt) {
  return {{"scenario", attempt.scenario},
          {"handover", text_or_null(attempt.handover)},
          {"message_id", text_or_null(attempt.message_id)},
          {"sender", attempt.sender},
          {"recipient", text_or_null(attempt.recipient)},
          {"session", attempt.session},
          {"begin_us", attempt.begin.count()},
          {"end_us", attempt.end.count()},
          {"result", attempt.result},
          {"stage", attempt.stage},
          {"code", attempt.code == 0 ? Json(nullptr) : Json(attempt.code)},
          {"reply", text_or_null(attempt.reply)},
          {"further_step", attempt.further_step},
          {"position", attempt.position}};
}

Json json_of(const control::QueryView& query) {
  return {{"scenario", text_or_null(query.scenario)},
          {"client", query.client},
          {"transport", query.transport},
          {"name", query.name},
          {"type", text_or_null(query.type)},
          {"answer", query.answer},
          {"answered", query.answered},
          {"truncated", query.truncated},
          {"records", text_or_null(query.records)},
          {"did", text_or_null(query.other_faults)},
          {"met", query.met},
          {"time_us", query.time.count()},
          {"position", query.position}};
}

Json json_of(const control::NotificationView& notification) {
  Json reports = Json::array();
  for (const control::ReportView& report : notification.reports)
    reports.push_back({{"recipient", report.recipient},
                       {"action", report.action},
                       {"status", report.status},
                       {"original_recipient", text_or_null(report.original_recipient)},
                       {"remote_mta", text_or_null(report.remote_mta)},
                       {"diagnostic", text_or_null(report.diagnostic)},
                       {"will_retry_until", text_or_null(report.will_retry_until)}});
  return {{"type", notification.type},
          {"reporting_mta", text_or_null(notification.reporting_mta)},
          {"original_envelope_id", text_or_null(notification.original_envelope_id)},
          {"reports", std::move(reports)}};
}

Json json_of(const scenario::Scenario& scenario) {
  return {{"name", scenario.name},
          {"family", scenario.family},
          {"summary", scenario.summary},
          {"statuses", scenario.statuses},
          {"needs_names", scenario::needs_name_server(scenario)},
          {"needs_router", scenario::needs_router(scenario)}};
}

/// One figure: "# HELP …", "# TYPE …", its value.
void add_metric(std::string& text, const std::string& name, const char* help, const char* type,
                std::uint64_t value) {
  text += "# HELP tempfail_" + name + " " + help + "\n# TYPE tempfail_" + name + " " + type +
          "\ntempfail_" + name + " " + std::to_string(value) + "\n";
}

} // namespace

std::string to_json(const control::ServerView& server) {
  return dumped(json_of(server));
}

std::string to_json(const std::vector<control::ServerView>& servers) {
  Json list = Json::array();
  for (const control::ServerView& server : servers)
    list.push_back(json_of(server));
  return dumped({{"servers", std::move(list)}});
}

std::string to_json(const std::vector<control::TryView>& tries, bool in_time) {
  Json list = Json::array();
  for (const control::TryView& attempt : tries)
    list.push_back(json_of(attempt));
  return dumped({{"complete", in_time}, {"count", tries.size()}, {"tries", std::move(list)}});
}

std::string to_json(const std::vector<control::KeptMessagePtr>& messages, bool in_time) {
  Json list = Json::array();
  for (const control::KeptMessagePtr& message : messages)
    list.push_back(json_of(message->view));
  return dumped({{"complete", in_time}, {"count", messages.size()}, {"messages", std::move(list)}});
}

std::string to_json(const control::KeptMessage& message) {
  Json json = json_of(message.view);
  const auto notification = control::notification_in(message);
  json["notification"] = notification ? json_of(*notification) : Json(nullptr);
  return dumped(json);
}

std::string to_json(const control::HandoverView& handover) {
  Json hash = nullptr;
  if (handover.size != 0) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4)
      text += digits[(handover.hash >> static_cast<unsigned>(shift)) & 15U];
    hash = text;
  }
  return dumped({{"id", handover.id},
                 {"message_id", text_or_null(handover.message_id)},
                 {"size", handover.size},
                 {"hash", std::move(hash)}});
}

std::string to_json(const control::ComposedView& composed) {
  return dumped({{"id", composed.id},
                 {"sender", composed.sender},
                 {"recipients", composed.recipients},
                 {"parameters", composed.parameters},
                 {"message_id", composed.message_id},
                 {"content", composed.content},
                 {"user", text_or_null(composed.user)},
                 {"password", text_or_null(composed.password)}});
}

std::string to_json(const control::NameServerView& names) {
  const auto list_of = [](const std::vector<control::NameView>& views) {
    Json list = Json::array();
    for (const control::NameView& view : views)
      list.push_back({{"name", view.name}, {"addresses", view.addresses}});
    return list;
  };
  return dumped({{"address", names.place.address},
                 {"port", names.place.port},
                 {"domains", names.domains},
                 {"hosts", list_of(names.hosts)},
                 {"set", list_of(names.set)},
                 {"queries", names.queries},
                 {"queries_dropped", names.dropped}});
}

std::string to_json(const std::vector<control::QueryView>& queries, bool in_time) {
  Json list = Json::array();
  for (const control::QueryView& query : queries)
    list.push_back(json_of(query));
  return dumped({{"complete", in_time}, {"count", queries.size()}, {"queries", std::move(list)}});
}

std::string to_json(const std::vector<scenario::ScenarioPtr>& scenarios) {
  Json list = Json::array();
  for (const scenario::ScenarioPtr& scenario : scenarios)
    list.push_back(json_of(*scenario));
  return dumped({{"scenarios", std::move(list)}});
}

std::string to_json(const scenario::Scenario& scenario) {
  Json json = json_of(scenario);
  json["description"] = scenario.description;
  json["sources"] = scenario.sources;
  json["yaml"] = scenario.text;
  return dumped(json);
}

std::string to_json(const control::MixView& mix) {
  Json domains = Json::array();
  Json former = Json::array();
  for (const control::MixShareView& share : mix.shares) {
    Json counts = Json::object();
    for (const control::MixCountView& one : share.counts)
      counts[std::string(one.stage)][std::string(one.answer)] = one.count;
    if (share.is_former) {
      former.push_back(
          {{"domain", share.domain}, {"scenario", share.scenario}, {"answers", std::move(counts)}});
      continue;
    }
    if (domains.empty() || domains.back()["domain"] != share.domain)
      domains.push_back({{"domain", share.domain}, {"shares", Json::array()}});
    domains.back()["shares"].push_back(
        {{"scenario", share.scenario}, {"percent", share.percent}, {"answers", std::move(counts)}});
  }
  return dumped({{"domains", std::move(domains)},
                 {"former", std::move(former)},
                 {"changes", mix.changes},
                 {"yaml", mix.text}});
}

namespace {

void add_mix_metrics(std::string& text, const control::MixView& mix) {
  add_metric(text, "mix_changes_total", "Changes of the mix.", "counter", mix.changes);
  text += "# HELP tempfail_mix_answers_total Recipients (stage rcpt) and messages (stages data, "
          "content, "
          "message) of the mix, by answer.\n# TYPE tempfail_mix_answers_total counter\n";
  for (const control::MixShareView& share : mix.shares)
    for (const control::MixCountView& one : share.counts) {
      text += "tempfail_mix_answers_total{domain=\"" + share.domain + "\",scenario=\"" +
              share.scenario + "\",stage=\"";
      text += one.stage;
      text += "\",answer=\"";
      text += one.answer;
      text += "\"} " + std::to_string(one.count) + "\n";
    }
}

} // namespace

std::string to_metrics(const control::ServersTotals& totals, std::size_t servers,
                       std::uint64_t requests, std::uint64_t refused, const control::MixView* mix) {
  std::string text;
  add_metric(text, "servers", "Open servers.", "gauge", servers);
  add_metric(text, "servers_created_total", "Servers that were created by request.", "counter",
             totals.created);
  add_metric(text, "servers_deleted_total", "Servers that were closed by request.", "counter",
             totals.deleted);
  add_metric(text, "servers_expired_total", "Servers that were closed because their lease expired.",
             "counter", totals.expired);
  add_metric(text, "sessions", "SMTP sessions that are open now.", "gauge",
             totals.net.open_sessions);
  add_metric(text, "connections_total", "SMTP connections.", "counter", totals.net.connections);
  add_metric(text, "messages_accepted_total", "Messages that were accepted.", "counter",
             totals.net.messages_accepted);
  add_metric(text, "journal_events_total", "Events that were journalled.", "counter",
             totals.journal_events);
  add_metric(text, "journal_events_lost_total", "Events that a full journal did not keep.",
             "counter", totals.journal_lost);
  add_metric(text, "http_requests_total", "Requests to the API.", "counter", requests);
  add_metric(text, "http_requests_refused_total", "Requests that were answered with an error.",
             "counter", refused);
  if (mix != nullptr) add_mix_metrics(text, *mix);
  return text;
}

} // namespace tempfail::http
