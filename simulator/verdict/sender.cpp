// What a journal says of the sender itself: what it declared, how its process ended, whether it queues.
#include "verdict/observation.hpp"
#include "verdict/words.hpp"

#include <algorithm>
#include <chrono>

namespace tempfail::verdict {
namespace {

using journal::event::Process;
using journal::event::ProcessEnd;

const Process& process_in(const journal::Event& event) {
  return std::get<Process>(event.body);
}

} // namespace

void collect_declared(Case& observed, const journal::Journal& journal, const Declared& declared) {
  const journal::event::Run* said = nullptr;
  for (const journal::Event& event : journal.events())
    if (said = std::get_if<journal::event::Run>(&event.body); said != nullptr) break;
  const auto of = [](const std::string& own, std::string_view journals) {
    return own.empty() ? journals : std::string_view(own);
  };
  const std::string_view tls = of(declared.tls_policy, said == nullptr ? "" : said->tls_policy);
  observed.without_tls = tls == "none";
  observed.tls_policy = scenario::find_tls_policy(tls).value_or(scenario::TlsPolicy::opportunistic);
  const std::string_view role = of(declared.role, said == nullptr ? "" : said->role);
  observed.role_is_declared = !role.empty();
  observed.role = role == "one-shot" ? Role::one_shot : Role::queueing;
}

void conclude_role(Case& observed) {
  if (observed.role_is_declared || !observed.sender_has_ended()) return;
  for (const Message& message : observed.messages)
    for (const Delivery& delivery : message.deliveries)
      if (std::count_if(delivery.tries.begin(), delivery.tries.end(),
                        [](const Try& attempt) { return !attempt.clear_text_fallback; }) > 1)
        return;
  observed.role = Role::one_shot;
}

bool Case::is_without(std::string_view what) const {
  return run != nullptr && has_word(run->without, what);
}

const Process* Case::process_end(const Message& message) const {
  if (message.handover != nullptr)
    if (const auto found = ends_by_handover.find(message.handover->id);
        found != ends_by_handover.end())
      return found->second;
  return only_process_end != nullptr &&
                 (message.handover == nullptr || only_process_end->handover.empty())
             ? only_process_end
             : nullptr;
}

void collect_process_ends(Case& observed) {
  std::size_t ends = 0;
  for (const journal::Event* event : observed.processes) {
    const Process& process = process_in(*event);
    if (process.started) continue;
    observed.only_process_end = ++ends == 1 ? &process : nullptr;
    each_word(process.handover,
              [&](std::string_view id) { observed.ends_by_handover.emplace(id, &process); });
  }
}

bool Case::caller_was_told(const Message& message) const {
  if (role_is_declared && role == Role::queueing)
    return false; // it has taken the message, whatever its status says
  const auto was_said = [&](bool of_failure) {
    return message.handover != nullptr &&
           std::any_of(results.begin(), results.end(), [&](const auto* line) {
             return line->handover == message.handover->id &&
                    !(of_failure && line->result == "delivered");
           });
  };
  if (!under_test()) return was_said(!role_is_declared); // no process of it is watched
  const Process* const end = process_end(message);
  if (end == nullptr || end->ended != ProcessEnd::itself || end->queue) return false;
  if (role_is_declared) return true; // whether in so many words: `reports-failure`
  return end->exit_code != 0 || was_said(true);
}

std::string Case::caller_was_told_text() const {
  if (role_is_declared) return "a sender that tries once reports to its caller, who decides";
  return "the command's exit status reported the failure to its caller";
}

const journal::Event* Case::end_of_observation() const {
  for (const journal::Event* event : processes) {
    const Process& process = process_in(*event);
    if (process.ended != ProcessEnd::itself) return event;
  }
  if (continued != nullptr) return continued;
  return under_test() && !sender_has_ended() ? cut_at : nullptr;
}

std::string_view Case::end_of_observation_text() const {
  const journal::Event* const end = end_of_observation();
  if (end == cut_at) return "the journal broke off";
  return end == continued ? "this part of the journal ended" : "tempfail ended the sender";
}

bool Case::was_seen_too_briefly_after(Moment failure) const {
  constexpr Duration least = std::chrono::hours(1); // "at least 30 minutes", and some more
  return !sender_has_ended() && last - failure < least;
}

bool Case::may_be_ended_by_tempfail(Moment end) const {
  const journal::Event* const event = end_of_observation();
  return event != nullptr && end >= event->time - 5 * timing_tolerance(*this);
}

bool Case::sender_has_ended() const {
  bool any_ended = false;
  std::size_t running = 0;
  for (const journal::Event* event : processes) {
    const Process& process = process_in(*event);
    if (process.ended != ProcessEnd::itself || (process.queue && !queue_is_empty)) return false;
    any_ended = any_ended || !process.started;
    running += process.started ? 1 : 0;
    running -= !process.started && running > 0 ? 1 : 0;
  }
  return any_ended && running == 0;
}

Duration Case::queue_lifetime() const {
  return run == nullptr ? Duration::zero() : run->queue_lifetime;
}

Moment Case::sender_began() const {
  return processes.empty() ? port_opened.value_or(first) : processes.front()->time;
}

} // namespace tempfail::verdict
