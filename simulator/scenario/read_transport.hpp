// Reads what lies below SMTP: how a port answers, and how TLS is spoken.
#pragma once

#include "scenario/listen.hpp"
#include "scenario/read_value.hpp"
#include "scenario/tls.hpp"

namespace tempfail::scenario {

/// `refused`, or `{answer: refused, during: 0s..10m}`.
Listen read_listen(const Value& value, Mistakes& mistakes);
/// `starttls`, or `{mode: starttls, certificate: expired}`.
TlsMode read_tls(const Value& value, TlsProfile& profile, Mistakes& mistakes);

} // namespace tempfail::scenario
