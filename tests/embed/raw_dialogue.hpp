// An SMTP client that says what it is told to: lines out, replies in.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace tempfail::test {

/// Each pair: what is sent (null: nothing), how the reply begins ("closed": the connection has ended; null: it is not
/// waited for). Values replace what stands in braces. Throws where a reply is another.
void talk(const std::string& host, std::uint16_t port, const nlohmann::json& dialogue,
          const std::map<std::string, std::string>& values = {});

/// Whether nobody listens there.
bool is_refused(const std::string& host, std::uint16_t port);

} // namespace tempfail::test
