// The mix of a server under control: what is shown of it, and its change.
#pragma once

#include "control/values.hpp"
#include "net/server.hpp"
#include "scenario/mix.hpp"

namespace tempfail::net {
class MixRouter;
}

namespace tempfail::control {

MixView view_of(const net::MixRouter& router);
/// Throws Refusal where the server can't show it.
void change_mix(net::Server& server, const scenario::MixPtr& mix);
/// Throws Refusal: the server serves no mix.
[[noreturn]] void refuse_without_mix();

} // namespace tempfail::control
