// Questions to a scenario.
#include "scenario/model.hpp"

#include "scenario/hosts.hpp"
#include "scenario/read_server.hpp"
#include "scenario/vocabulary.hpp"

#include <algorithm>

namespace tempfail::scenario {
namespace {

/// Whether it happens at STARTTLS, or in clear text only.
bool needs_clear_text(const Rule& rule) {
  const auto& stages = rule.stages;
  if (std::find(stages.begin(), stages.end(), Stage::starttls) != stages.end()) return true;
  return std::any_of(rule.when.begin(), rule.when.end(), [](const Test& test) {
    const auto* flag = std::get_if<FlagTest>(&test);
    return flag != nullptr && flag->field == FlagField::tls && !flag->value;
  });
}

bool has_rule_at(const Server& server, Stage stage) {
  return std::any_of(server.rules.begin(), server.rules.end(), [stage](const Rule& rule) {
    return std::find(rule.stages.begin(), rule.stages.end(), stage) != rule.stages.end();
  });
}

} // namespace

bool Server::has_unusual_extensions(bool after_tls) const {
  Extensions usual = default_extensions();
  for (const Extension extension : {Extension::starttls, Extension::auth}) {
    const auto index = static_cast<std::size_t>(extension);
    usual[index] = extensions[index];
  }
  return extensions != usual || size_limit != 0 || (after_tls && extensions_after_tls.has_value());
}

std::vector<std::string_view> words_for_met(const Scenario& scenario) {
  const std::vector<Host> hosts = hosts_of(scenario);
  const auto any = [&hosts](auto has) {
    return std::any_of(hosts.begin(), hosts.end(),
                       [&has](const Host& host) { return has(host.server); });
  };
  std::vector<std::string_view> places;
  for (const std::string_view name : stage_names) {
    const Stage stage = *parse_stage(name);
    if (any([stage](const Server& server) { return has_rule_at(server, stage); }))
      places.push_back(name);
  }
  const auto [listen, tls, extensions, names] = met_block_words;
  if (any([](const Server& server) { return server.listen.has_value(); })) places.push_back(listen);
  if (any([](const Server& server) { return server.tls_profile != TlsProfile{}; }))
    places.push_back(tls);
  if (any([](const Server& server) { return server.has_unusual_extensions(true); }))
    places.push_back(extensions);
  if (scenario.names) places.push_back(names);
  return places;
}

bool is_about_starttls(const Server& server) {
  if (server.tls != TlsMode::starttls) return false;
  if (server.extensions_after_tls) return true;
  if (!server.extensions[static_cast<std::size_t>(Extension::starttls)]) return true;
  return std::any_of(server.rules.begin(), server.rules.end(), needs_clear_text);
}

bool needs_own_port(const Server& server) {
  if (server.listen || is_about_starttls(server) || server.tls == TlsMode::implicit) return true;
  if (server.auth || !(server.tls_profile == TlsProfile{})) return true;
  // All a healthy server announces; the shared port itself sees to the other two.
  for (std::size_t i = 0; i < extension_count; ++i) {
    const auto extension = static_cast<Extension>(i);
    const bool own = extension == Extension::starttls || extension == Extension::auth;
    if (!own && !server.extensions[i]) return true;
  }
  return std::any_of(server.rules.begin(), server.rules.end(), [](const Rule& rule) {
    return std::any_of(rule.stages.begin(), rule.stages.end(), [](Stage stage) {
      return stage == Stage::handshake || stage == Stage::auth;
    });
  });
}

} // namespace tempfail::scenario
