// Follows the transactions of each session on the shared port, and asks which scenario they were bound to.
#include "verdict/shared_port.hpp"

#include "verdict/observation.hpp"

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace tempfail::verdict {
namespace {

using scenario::Stage;

/// From MAIL to what ends it, as far as the shared port itself had a part in it.
struct CommonTransaction {
  std::vector<const journal::Event*> events;
  std::string_view owner; ///< the scenario that its recipients chose; empty: none did
  bool has_content = false;
  bool reports_on_ours = false;

  bool is_others(std::string_view scenario) const {
    if (!owner.empty()) return owner != scenario;
    return has_content && !reports_on_ours;
  }
};

bool is_command_at(const journal::Event& event, Stage stage) {
  const auto* exchange = as_exchange(&event);
  return exchange != nullptr && exchange->stage == stage && !exchange->line.empty();
}

bool ends_transaction(const journal::Event& event) {
  return std::holds_alternative<journal::event::Disconnect>(event.body) ||
         is_command_at(event, Stage::rset) || is_command_at(event, Stage::quit) ||
         is_command_at(event, Stage::ehlo);
}

} // namespace

bool is_on_shared_port(const journal::Journal& journal, const journal::Event& event) {
  const std::string_view scenario = journal.scenario_of(event);
  return scenario.empty() || scenario == "*";
}

bool reports_on(const journal::Event& event, const std::set<std::string>& recipients) {
  const auto* content = std::get_if<journal::event::Content>(&event.body);
  return content != nullptr &&
         std::any_of(content->reports.begin(), content->reports.end(),
                     [&](const journal::event::RecipientReport& report) {
                       return recipients.contains(comparable(report.recipient));
                     });
}

std::unordered_set<const journal::Event*>
mail_of_other_scenarios(const journal::Journal& journal, std::string_view scenario,
                        const std::set<std::string>& recipients) {
  std::unordered_set<const journal::Event*> others;
  std::unordered_map<std::uint64_t, CommonTransaction> open;
  const auto close = [&](std::uint64_t session) {
    const auto found = open.find(session);
    if (found == open.end()) return;
    if (found->second.is_others(scenario))
      others.insert(found->second.events.begin(), found->second.events.end());
    open.erase(found);
  };
  for (const journal::Event& event : journal.events()) {
    if (event.session == 0) continue;
    const bool is_common = is_on_shared_port(journal, event);
    const bool begins = is_common && is_command_at(event, Stage::mail);
    if (begins || ends_transaction(event)) close(event.session_key());
    if (begins) open[event.session_key()] = {};
    const auto found = open.find(event.session_key());
    if (found == open.end()) continue;
    CommonTransaction& transaction = found->second;
    if (!is_common) {
      transaction.owner = journal.scenario_of(event);
      continue;
    }
    transaction.events.push_back(&event);
    transaction.has_content =
        transaction.has_content || std::holds_alternative<journal::event::Content>(event.body);
    transaction.reports_on_ours = transaction.reports_on_ours || reports_on(event, recipients);
  }
  while (!open.empty())
    close(open.begin()->first);
  return others;
}

} // namespace tempfail::verdict
