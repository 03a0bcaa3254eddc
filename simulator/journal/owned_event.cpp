// Texts of an event, moved into memory of its own.
#include "journal/owned_event.hpp"

#include <cassert>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace tempfail::journal {
namespace {

// Calls visit(text) for each text of an event. The kinds that no session records have none of theirs here.
template <typename Visit>
void each_text(event::Connect& e, Visit&& visit) {
  visit(e.client);
}
template <typename Visit>
void each_text(event::Exchange& e, Visit&& visit) {
  visit(e.line);
  visit(e.verb);
  if (e.address) visit(*e.address);
  visit(e.envelope_id);
  visit(e.parameters);
  visit(e.reply);
  visit(e.other_actions);
}
template <typename Visit>
void each_text(event::Reply& e, Visit&& visit) {
  visit(e.reply);
  visit(e.recipient);
}
template <typename Visit>
void each_text(event::Content& e, Visit&& visit) {
  visit(e.message_id);
  visit(e.marks);
  visit(e.repeated_marks);
  if (e.letters) visit(*e.letters);
  visit(e.missing_fields);
  visit(e.repeated_fields);
  visit(e.form.type);
  visit(e.form.status_type);
  visit(e.form.returned);
  visit(e.form.reporting_mta);
  visit(e.form.original_envelope_id);
  visit(e.form.returned_message_id);
}
template <typename Visit>
void each_text(event::RecipientReport& report, Visit&& visit) {
  visit(report.recipient);
  visit(report.action);
  visit(report.status);
  visit(report.original_recipient);
  visit(report.remote_mta);
  visit(report.diagnostic);
  visit(report.will_retry_until);
}
template <typename Visit>
void each_text(event::Tls& e, Visit&& visit) {
  visit(e.version);
  visit(e.cipher);
  visit(e.server_name);
  visit(e.problem);
}
template <typename Visit>
void each_text(event::Disconnect& e, Visit&& visit) {
  visit(e.pending);
}
template <typename Visit>
void each_text(event::Note& e, Visit&& visit) {
  visit(e.text);
}
template <typename Kind, typename Visit>
void each_text(Kind&, Visit&&) {
  constexpr bool has_no_text = std::is_empty_v<Kind> || std::is_same_v<Kind, event::Accepted> ||
                               std::is_same_v<Kind, event::Reading> ||
                               std::is_same_v<Kind, event::Sending>;
  assert(has_no_text); // or no session records it
  static_cast<void>(has_no_text);
}

template <typename Visit>
void each_text(Event& event, std::vector<event::RecipientReport>& reports, Visit&& visit) {
  visit(event.node);
  std::visit([&visit](auto& body) { each_text(body, visit); }, event.body);
  for (event::RecipientReport& report : reports)
    each_text(report, visit);
}

} // namespace

OwnedEvent::OwnedEvent(const Event& event) : event_(event) {
  if (auto* const content = std::get_if<event::Content>(&event_.body)) {
    reports_.assign(content->reports.begin(), content->reports.end());
    content->reports = reports_;
  }
  std::size_t size = 0;
  each_text(event_, reports_, [&size](std::string_view& text) { size += text.size(); });
  if (size == 0) return;
  texts_ = std::make_unique_for_overwrite<char[]>(size);
  char* at = texts_.get();
  each_text(event_, reports_, [&at](std::string_view& text) {
    if (text.empty()) return;
    std::memcpy(at, text.data(), text.size());
    text = {at, text.size()};
    at += text.size();
  });
}

const Event& OwnedEvent::at(Moment now) {
  event_.happen_at(now);
  return event_;
}

} // namespace tempfail::journal
