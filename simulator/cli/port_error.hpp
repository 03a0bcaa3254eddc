// Why a port is not available, and what to do about it.
#pragma once

#include <cstdint>
#include <string>
#include <system_error>

namespace tempfail::cli {

/// "port 25 on 127.0.0.1 (disk-full): permission denied; …". `option` chooses another port; empty: none does.
std::string port_error(const std::error_code& error, const std::string& address, std::uint32_t port,
                       const std::string& what, const std::string& option);

} // namespace tempfail::cli
