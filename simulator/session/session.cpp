// The session's door: each call of the I/O side gets a context and goes on inside.
#include "session/session.hpp"

#include "session/smtp_session.hpp"

#include <utility>

namespace tempfail::session {

std::unique_ptr<Session> make_session(PreparedScenarioPtr prepared, state::ServerState& state,
                                      Peer peer, std::uint64_t number, RecipientRouter* router) {
  return std::make_unique<SmtpSession>(std::move(prepared), state, std::move(peer), number, router);
}

template <typename Work>
void SmtpSession::with_state(CallContext& call, Work work) {
  try {
    work();
  } catch (const state::StoreLost&) {
    store_lost(call);
  }
}

void SmtpSession::start(Moment now, Effects& out) {
  CallContext call{now, now, out};
  with_state(call, [&] { start(call); });
}

void SmtpSession::receive(std::string_view& input, Moment now, Effects& out,
                          std::optional<Moment> arrived) {
  CallContext call{now, arrived.value_or(now), out};
  with_state(call, [&] { receive(input, call); });
}

void SmtpSession::tls_result(const TlsResult& result, Moment now, Effects& out) {
  CallContext call{now, now, out};
  with_state(call, [&] { tls_result(result, call); });
}

void SmtpSession::idle_timeout(Moment now, Effects& out) {
  CallContext call{now, now, out};
  with_state(call, [&] { idle_timeout(call); });
}

void SmtpSession::peer_ended(PeerEnd end, std::string_view pending, Moment now, Effects& out) {
  CallContext call{now, now, out};
  peer_ended(end, pending, call);
}

void SmtpSession::reading_resumed(Moment now, Effects& out) {
  CallContext call{now, now, out};
  reading_resumed(call);
}

void SmtpSession::shut_down(Moment now, Effects& out) {
  CallContext call{now, now, out};
  shut_down(call);
}

} // namespace tempfail::session
