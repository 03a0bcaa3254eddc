// The public side of the session: each call gets a context and goes to the implementation.
#include "session/session.hpp"

#include "session/impl.hpp"

#include <utility>

namespace tempfail::session {
namespace {

/// Runs a call whose questions the state's store may not answer.
template <typename Implementation, typename Work>
void with_state(Implementation& implementation, CallContext& call, Work work) {
  try {
    work();
  } catch (const state::StoreLost&) {
    implementation.store_lost(call);
  }
}

} // namespace

Session::Session(ProgramPtr program, state::ServerState& state, Peer peer, std::uint64_t number,
                 Router* router)
    : impl_(std::make_unique<Impl>(std::move(program), state, std::move(peer), number, router)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;

void Session::start(Moment now, Effects& out) {
  CallContext call{now, now, out};
  with_state(*impl_, call, [&] { impl_->start(call); });
}

void Session::receive(std::string_view& input, Moment now, Effects& out,
                      std::optional<Moment> arrived) {
  CallContext call{now, arrived.value_or(now), out};
  with_state(*impl_, call, [&] { impl_->receive(input, call); });
}

void Session::tls_result(const TlsResult& result, Moment now, Effects& out) {
  CallContext call{now, now, out};
  with_state(*impl_, call, [&] { impl_->tls_result(result, call); });
}

void Session::idle_timeout(Moment now, Effects& out) {
  CallContext call{now, now, out};
  with_state(*impl_, call, [&] { impl_->idle_timeout(call); });
}

void Session::peer_ended(PeerEnd end, std::string_view pending, Moment now, Effects& out) {
  CallContext call{now, now, out};
  impl_->peer_ended(end, pending, call);
}

void Session::early_input() {
  impl_->early_input();
}

void Session::reads_again(Moment now, Effects& out) {
  CallContext call{now, now, out};
  impl_->reads_again(call);
}

void Session::shut_down(Moment now, Effects& out) {
  CallContext call{now, now, out};
  impl_->shut_down(call);
}

bool Session::ended() const {
  return impl_->ended();
}

} // namespace tempfail::session
