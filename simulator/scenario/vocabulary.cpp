// The maps of the language and their keys.
#include "scenario/vocabulary.hpp"

#include <algorithm>
#include <cassert>
#include <string>
#include <vector>

namespace tempfail::scenario {
namespace {

using Words = std::string_view;

constexpr std::array file_keys = {
    Words("summary"), Words("description"), Words("status"), Words("sources"), Words("met"),
    Words("server"),  Words("hosts"),       Words("names"),  Words("sender"),  Words("test")};
constexpr std::array file_required = {Words("summary")};

constexpr std::array server_words = {
    Words("hostname"),   Words("extensions"), Words("extensions-after-tls"),
    Words("size-limit"), Words("listen"),     Words("tls"),
    Words("auth")};
constexpr auto server_keys =
    joined(server_words, names_in<&State::block>(), std::array{Words("forward"), Words("rules")});
constexpr std::array tls_keys = {
    Words("mode"),       Words("versions"),     Words("ciphers"),     Words("dh-bits"),
    Words("key"),        Words("certificate"),  Words("alpn"),        Words("client-certificate"),
    Words("resumption"), Words("strict-names"), Words("close-notify")};
constexpr std::array tls_required = {Words("mode")};
constexpr std::array listen_keys = {Words("answer"), Words("during"), Words("backlog"),
                                    Words("accept-every")};
constexpr std::array extensions_keys = {Words("without")};
constexpr std::array auth_keys = {Words("mechanisms"), Words("users"), Words("required")};
constexpr std::array spool_keys = {Words("capacity"), Words("used"), Words("drain")};
constexpr std::array spool_required = {Words("capacity")};
constexpr std::array mailboxes_keys = {Words("match"), Words("quota"), Words("used"),
                                       Words("drain"), Words("busy")};
constexpr std::array greylist_keys = {Words("delay"), Words("window"), Words("lifetime"),
                                      Words("ipv4-prefix"), Words("ipv6-prefix")};
constexpr std::array queue_keys = {Words("stopped"), Words("stop-after"), Words("stop-for")};
constexpr std::array scanner_keys = {Words("down")};
constexpr std::array rate_keys = {Words("limit"), Words("per")};
constexpr std::array rate_required = {Words("limit")};
constexpr std::array forward_keys = {Words("to")};

constexpr std::array host_keys = {Words("server"), Words("addresses"), Words("decoy")};
constexpr std::array names_keys = {Words("domain"), Words("ttl"),     Words("authenticated"),
                                   Words("search"), Words("records"), Words("answers")};
constexpr std::array query_rule_keys = {
    Words("name"),      Words("type"),    Words("over"),          Words("times"),
    Words("every"),     Words("chance"),  Words("attempts"),      Words("during"),
    Words("answer"),    Words("records"), Words("raw"),           Words("late"),
    Words("truncated"), Words("wrong"),   Words("authenticated"), Words("ttl")};

constexpr std::array rule_words = {Words("on"),       Words("when"),  Words("times"),
                                   Words("attempts"), Words("every"), Words("chance"),
                                   Words("during"),   Words("per"),   Words("after"),
                                   Words("even"),     Words("do")};
constexpr auto rule_keys = joined(rule_words, action_keys);
constexpr std::array rule_required = {Words("on")};
constexpr auto when_keys =
    joined(names_of(text_fields), std::array{Words("header"), Words("client")},
           names_of(number_fields), names_of(flag_fields), names_in<&State::key>());
constexpr std::array not_keys = {Words("not")};

constexpr std::array sender_keys = {Words("must"), Words("should"), Words("recipients"),
                                    Words("required"), Words("verified")};
constexpr std::array policy_keys = {Words("must"), Words("should"), Words("recipients")};
constexpr std::array recipients_keys = {Words("must"), Words("should")};
constexpr std::array test_keys = {Words("watch"),    Words("runs"),       Words("recipients"),
                                  Words("messages"), Words("smtputf8"),   Words("sender"),
                                  Words("notify"),   Words("ret"),        Words("envid"),
                                  Words("orcpt"),    Words("requiretls"), Words("each-domain"),
                                  Words("message")};
constexpr std::array notified_keys = {Words("action"), Words("status"), Words("with")};
constexpr std::array notified_required = {Words("action")};
constexpr std::array message_keys = {Words("size"), Words("charset"), Words("received-fields")};

/// A word of `do` that was taken for a key of the rule.
std::string among_words(std::string_view key) {
  const bool is_word =
      std::find(action_words.begin(), action_words.end(), key) != action_words.end();
  return is_word ? ", which is a word: `do: " + std::string(key) + "`" : std::string();
}

/// A key of one of the file's parts.
std::string below(std::string_view key) {
  for (const std::string_view part : {"server", "names", "sender", "test"}) {
    const auto keys = map_kind(part).keys;
    if (std::find(keys.begin(), keys.end(), key) != keys.end())
      return ", which belongs below `" + std::string(part) + "`";
  }
  return {};
}

constexpr std::array own_kinds = {
    MapKind{"file", file_keys, file_required, below},
    MapKind{"server", server_keys, {}},
    MapKind{"listen", listen_keys, {}},
    MapKind{"tls", tls_keys, tls_required},
    MapKind{"extensions", extensions_keys, extensions_keys},
    MapKind{"auth", auth_keys, {}},
    MapKind{"spool", spool_keys, spool_required},
    MapKind{"mailboxes", mailboxes_keys, {}},
    MapKind{"greylist", greylist_keys, {}},
    MapKind{"queue", queue_keys, {}},
    MapKind{"scanner", scanner_keys, scanner_keys},
    MapKind{"rate", rate_keys, rate_required},
    MapKind{"forward", forward_keys, forward_keys},
    MapKind{"host", host_keys, {}},
    MapKind{"names", names_keys, {}},
    MapKind{"query-rule", query_rule_keys, {}},
    MapKind{"rule", rule_keys, rule_required, among_words},
    MapKind{"when", when_keys, {}},
    MapKind{"not", not_keys, not_keys},
    MapKind{"action", action_keys, {}},
    MapKind{"sender", sender_keys, {}},
    MapKind{"policy", policy_keys, {}},
    MapKind{"recipients", recipients_keys, {}},
    MapKind{"notified", notified_keys, notified_required},
    MapKind{"test", test_keys, {}},
    MapKind{"message", message_keys, {}},
};

/// And those that are the values of faults.
std::vector<MapKind> all_kinds() {
  std::vector<MapKind> all(own_kinds.begin(), own_kinds.end());
  for (const faults::FaultKind& kind : faults::kinds)
    if (kind.map != nullptr) all.push_back(*kind.map);
  return all;
}

} // namespace

std::span<const MapKind> map_kinds() {
  static const std::vector<MapKind> all = all_kinds();
  return all;
}

const MapKind& map_kind(std::string_view name) {
  const auto all = map_kinds();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const MapKind& kind) { return kind.name == name; });
  assert(found != all.end());
  return *found;
}

} // namespace tempfail::scenario
