// Why a port can't be had, and what can be done about it.
#pragma once

#include <cstdint>
#include <string>
#include <system_error>

namespace tempfail::cli {

/// "port 25 on 127.0.0.1 (disk-full): permission denied; …". `option` chooses another port; empty: none does.
std::string port_trouble(const std::error_code& error, const std::string& address,
                         std::uint32_t port, const std::string& what, const std::string& option);

} // namespace tempfail::cli
