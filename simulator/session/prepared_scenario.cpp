// Compiles a scenario: rules by stage, announced extensions, the texts of greeting and EHLO reply.
#include "session/prepared_scenario.hpp"

#include "scenario/read_server.hpp"
#include "session/actions.hpp"
#include "session/extension_names.hpp"
#include "wire/reply.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::session {

using scenario::Extension;
using scenario::Stage;

namespace {

bool reads_content(const scenario::Rule& rule) {
  return std::any_of(rule.when.begin(), rule.when.end(), [](const scenario::Test& test) {
    const auto* state = std::get_if<scenario::StateTest>(&test);
    return state != nullptr && state->field == scenario::StateField::charset_missing;
  });
}

scenario::Extensions announced(const scenario::Server& server, bool tls) {
  scenario::Extensions extensions = server.extensions;
  if (tls && server.extensions_after_tls) extensions = *server.extensions_after_tls;
  const auto withdraw = [&extensions](Extension extension) {
    extensions[static_cast<std::size_t>(extension)] = false;
  };
  if (tls || server.tls != scenario::TlsMode::starttls) withdraw(Extension::starttls);
  if (!server.auth || server.auth->mechanisms.empty()) withdraw(Extension::auth);
  return extensions;
}

/// The lines of an EHLO reply behind the first (RFC 5321 section 4.1.1.1).
std::vector<std::string> extension_lines(const scenario::Server& server,
                                         const scenario::Extensions& extensions,
                                         std::uint64_t size_limit) {
  std::vector<std::string> lines;
  const auto add = [&](Extension extension, const std::string& arguments = {}) {
    if (extensions[static_cast<std::size_t>(extension)])
      lines.push_back(std::string(extension_name(extension)) + arguments);
  };
  std::string mechanisms;
  if (server.auth)
    for (const std::string& mechanism : server.auth->mechanisms)
      mechanisms += ' ' + mechanism;
  add(Extension::pipelining);
  add(Extension::size, ' ' + std::to_string(size_limit));
  add(Extension::eight_bit_mime);
  add(Extension::smtputf8);
  add(Extension::chunking);
  add(Extension::dsn);
  add(Extension::enhanced_status_codes);
  add(Extension::starttls);
  if (server.auth) add(Extension::auth, mechanisms);
  add(Extension::vrfy);
  add(Extension::help);
  return lines;
}

} // namespace

PreparedScenario::PreparedScenario(scenario::ScenarioPtr scenario, const Limits& limits,
                                   std::uint32_t number)
    : scenario_(std::move(scenario)), limits_(limits), number_(number) {
  const std::uint64_t wanted = server().size_limit;
  size_limit_ =
      wanted == 0 ? limits_.message_size : std::min<std::uint64_t>(wanted, limits_.message_size);
  for (const bool tls : {false, true})
    is_about_extensions_[tls ? 1 : 0] = (server().rules.empty() || scenario_->met.extensions) &&
                                        server().has_unusual_extensions(tls);
  index_rules();
  keeps_content_ = keeps_content_ || server().forward.has_value();
  compose_texts();
}

void PreparedScenario::index_rules() {
  for (const scenario::Rule& rule : server().rules) {
    for (const Stage stage : rule.stages)
      rules_[static_cast<std::size_t>(stage)].push_back(stage_rule_of(rule));
    keeps_content_ = keeps_content_ || reads_content(rule);
  }
  auto& content = rules_[static_cast<std::size_t>(Stage::content)];
  std::stable_sort(content.begin(), content.end(), [](const StageRule& a, const StageRule& b) {
    return a.rule->after_bytes < b.rule->after_bytes;
  });
  for (const StageRule& idle : rules(Stage::idle))
    if (limits_.idle <= Duration::zero() || idle.rule->after_idle < limits_.idle)
      idle_times_.push_back(idle.rule->after_idle);
  if (limits_.idle > Duration::zero()) idle_times_.push_back(limits_.idle);
  std::sort(idle_times_.begin(), idle_times_.end());
  idle_times_.erase(std::unique(idle_times_.begin(), idle_times_.end()), idle_times_.end());
}

void PreparedScenario::compose_texts() {
  const std::string& hostname = server().hostname;
  greeting_ = "220 " + hostname + " ESMTP tempfail " + scenario_->name + "\r\n";
  helo_reply_ = "250 " + hostname + "\r\n";
  for (const bool tls : {false, true}) {
    const std::size_t index = tls ? 1 : 0;
    extensions_[index] = announced(server(), tls);
    wire::Reply reply;
    reply.lines = extension_lines(server(), extensions_[index], size_limit_);
    reply.lines.insert(reply.lines.begin(), hostname);
    ehlo_replies_[index] = wire::serialize(reply);
  }
}

PreparedScenarioPtr prepare_scenario(scenario::ScenarioPtr scenario, const Limits& limits,
                                     std::uint32_t number) {
  return std::make_shared<const PreparedScenario>(std::move(scenario), limits, number);
}

} // namespace tempfail::session
