// What all sessions of one scenario share: its rules by stage, the texts of its replies.
#pragma once

#include "session/replies.hpp"
#include "session/session.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tempfail::session {

/// A rule as one stage sees it, with what can be said of its actions beforehand.
struct StageRule {
  const scenario::Rule* rule = nullptr;
  std::string other_actions;   ///< its actions but replies, "delay reset"
  int code = 0;                ///< of its first reply; 0: it says nothing that has one
  bool replaces_reply = false; ///< the server's own reply does not follow
  bool decides_end = false;    ///< says itself what becomes of the connection
  bool says_421 = false;
  bool accepts = false; ///< a message is taken whatever the reply says
  /// What its own reply announces at EHLO; nothing: it has none.
  std::optional<scenario::Extensions> announces{};
};

class PreparedScenario {
 public:
  PreparedScenario(scenario::ScenarioPtr scenario, const Limits& limits, std::uint32_t number);

  /// The server's number in the journal; 0: it has none.
  std::uint32_t number() const { return number_; }

  const scenario::Scenario& scenario() const { return *scenario_; }
  const scenario::Server& server() const { return scenario_->server; }
  const Limits& limits() const { return limits_; }

  /// In the order of the file; those of stage content in the order of their bytes.
  std::span<const StageRule> rules(scenario::Stage stage) const {
    return rules_[static_cast<std::size_t>(stage)];
  }
  /// The silences after which something happens, ascending. The last one ends the session.
  std::span<const Duration> idle_times() const { return idle_times_; }

  const scenario::Extensions& extensions(bool tls) const { return extensions_[tls ? 1 : 0]; }
  bool announces(scenario::Extension extension, bool tls) const {
    return extensions(tls)[static_cast<std::size_t>(extension)];
  }
  ServerReply greeting() const { return {220, greeting_}; }
  ServerReply hello_reply(bool extended, bool tls) const {
    return {250, extended ? ehlo_replies_[tls ? 1 : 0] : helo_reply_};
  }
  /// What EHLO announces, before or after TLS is up, is what the scenario is about.
  bool is_about_extensions(bool tls) const { return is_about_extensions_[tls ? 1 : 0]; }
  std::uint64_t size_limit() const { return size_limit_; } ///< bytes
  bool keeps_content() const { return keeps_content_; }    ///< a rule reads the whole content

 private:
  void index_rules();
  void compose_texts();

  scenario::ScenarioPtr scenario_;
  Limits limits_;
  std::uint32_t number_;
  std::array<std::vector<StageRule>, scenario::stage_count> rules_;
  std::vector<Duration> idle_times_;
  std::array<scenario::Extensions, 2> extensions_; ///< in clear, in TLS
  std::string greeting_;
  std::string helo_reply_;
  std::array<std::string, 2> ehlo_replies_; ///< in clear, in TLS
  std::uint64_t size_limit_ = 0;
  bool keeps_content_ = false;
  std::array<bool, 2> is_about_extensions_{}; ///< before TLS is up, and after
};

} // namespace tempfail::session
