// The session's outside: each call becomes a turn of its insides.
#include "session/session.hpp"

#include "session/impl.hpp"

#include <utility>

namespace tempfail::session {
namespace {

/// Carries out a call whose questions the state may leave without an answer.
template <typename Insides, typename Call>
void with_state(Insides& insides, Turn& turn, Call call) {
  try {
    call();
  } catch (const state::StoreLost&) {
    insides.store_lost(turn);
  }
}

} // namespace

Session::Session(ProgramPtr program, state::ServerState& state, Peer peer, std::uint64_t number,
                 Router* router)
    : impl_(std::make_unique<Impl>(std::move(program), state, std::move(peer), number, router)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;

void Session::start(Moment now, Effects& out) {
  Turn turn{now, now, out};
  with_state(*impl_, turn, [&] { impl_->start(turn); });
}

void Session::receive(std::string_view& input, Moment now, Effects& out,
                      std::optional<Moment> arrived) {
  Turn turn{now, arrived.value_or(now), out};
  with_state(*impl_, turn, [&] { impl_->receive(input, turn); });
}

void Session::tls_result(const TlsResult& result, Moment now, Effects& out) {
  Turn turn{now, now, out};
  with_state(*impl_, turn, [&] { impl_->tls_result(result, turn); });
}

void Session::idle_timeout(Moment now, Effects& out) {
  Turn turn{now, now, out};
  with_state(*impl_, turn, [&] { impl_->idle_timeout(turn); });
}

void Session::peer_ended(PeerEnd end, std::string_view pending, Moment now, Effects& out) {
  Turn turn{now, now, out};
  impl_->peer_ended(end, pending, turn);
}

void Session::early_input() {
  impl_->early_input();
}

void Session::reads_again(Moment now, Effects& out) {
  Turn turn{now, now, out};
  impl_->reads_again(turn);
}

void Session::shut_down(Moment now, Effects& out) {
  Turn turn{now, now, out};
  impl_->shut_down(turn);
}

bool Session::ended() const {
  return impl_->ended();
}

} // namespace tempfail::session
