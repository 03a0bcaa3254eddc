// The maps of the language and their keys.
#include "scenario/vocabulary.hpp"

#include <algorithm>
#include <cassert>

namespace tempfail::scenario {
namespace {

using Words = std::string_view;

constexpr std::array file_keys = {Words("summary"), Words("description"), Words("status"),
                                  Words("sources"), Words("server"),      Words("sender"),
                                  Words("test")};
constexpr std::array file_required = {Words("summary")};

constexpr std::array server_keys = {
    Words("hostname"),   Words("extensions"), Words("extensions-after-tls"),
    Words("size-limit"), Words("listen"),     Words("tls"),        Words("auth"),
    Words("spool"),      Words("mailboxes"),  Words("greylist"),
    Words("queue"),      Words("scanner"),    Words("rate"),
    Words("charsets"),   Words("forward"),    Words("rules")};
constexpr std::array tls_keys = {Words("mode"),        Words("versions"),
                                 Words("ciphers"),     Words("dh-bits"),
                                 Words("key"),         Words("certificate"),
                                 Words("alpn"),        Words("client-certificate"),
                                 Words("resumption"),  Words("strict-names"),
                                 Words("close-notify")};
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

constexpr std::array rule_keys = {
    Words("on"),    Words("when"),   Words("times"),  Words("attempts"),
    Words("every"), Words("chance"), Words("during"), Words("per"),
    Words("after"), Words("do"),     Words("reply"),  Words("delay"),
    Words("drip"),  Words("raw"),    Words("stall"),  Words("stop-reading"),
    Words("throttle"), Words("alert"), Words("cut-handshake")};
constexpr std::array rule_required = {Words("on")};
constexpr std::array when_keys = {Words("helo"),
                                  Words("verb"),
                                  Words("sender"),
                                  Words("recipient"),
                                  Words("header"),
                                  Words("client"),
                                  Words("declared-size"),
                                  Words("size"),
                                  Words("recipients"),
                                  Words("messages"),
                                  Words("connections"),
                                  Words("total-connections"),
                                  Words("received-fields"),
                                  Words("commands"),
                                  Words("tls"),
                                  Words("authenticated"),
                                  Words("smtputf8"),
                                  Words("8bitmime"),
                                  Words("spool"),
                                  Words("mailbox"),
                                  Words("greylist"),
                                  Words("queue"),
                                  Words("scanner"),
                                  Words("rate"),
                                  Words("charset")};
constexpr std::array not_keys = {Words("not")};
constexpr std::array drip_keys = {Words("bytes"), Words("every")};
constexpr std::array drip_required = {Words("every")};

constexpr std::array sender_keys = {Words("must"), Words("should"), Words("required"),
                                    Words("verified")};
constexpr std::array policy_keys = {Words("must"), Words("should")};
constexpr std::array test_keys = {Words("watch"), Words("runs"), Words("recipients"), Words("messages"),
                                  Words("message")};
constexpr std::array message_keys = {Words("size"), Words("charset"), Words("received-fields")};

constexpr std::array<MapKind, 22> kinds = {{
    {"file", file_keys, file_required},
    {"server", server_keys, {}},
    {"listen", listen_keys, {}},
    {"tls", tls_keys, tls_required},
    {"extensions", extensions_keys, extensions_keys},
    {"auth", auth_keys, {}},
    {"spool", spool_keys, spool_required},
    {"mailboxes", mailboxes_keys, {}},
    {"greylist", greylist_keys, {}},
    {"queue", queue_keys, {}},
    {"scanner", scanner_keys, scanner_keys},
    {"rate", rate_keys, rate_required},
    {"forward", forward_keys, forward_keys},
    {"rule", rule_keys, rule_required},
    {"when", when_keys, {}},
    {"not", not_keys, not_keys},
    {"drip", drip_keys, drip_required},
    {"action", action_keys, {}},
    {"sender", sender_keys, {}},
    {"policy", policy_keys, {}},
    {"test", test_keys, {}},
    {"message", message_keys, {}},
}};

} // namespace

std::span<const MapKind> map_kinds() {
  return kinds;
}

const MapKind& map_kind(std::string_view name) {
  const auto* const found = std::find_if(kinds.begin(), kinds.end(),
                                         [&](const MapKind& kind) { return kind.name == name; });
  assert(found != kinds.end());
  return *found;
}

} // namespace tempfail::scenario
