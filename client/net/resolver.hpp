// Looks up mail hosts and addresses (c-ares), and tells apart why a look-up failed.
#pragma once

#include "client/net/address.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace tempfail::client {

/// Why a look-up gave nothing.
enum class DnsError : std::uint8_t {
  none,
  nxdomain,  ///< the name does not exist
  no_data,   ///< the name exists, but has no record of this type
  servfail,  ///< the server failed, refused, or answered garbage
  no_answer, ///< no server answered in time
};

struct MailHost {
  std::uint16_t preference = 0;
  std::string host{}; ///< lower case, without the final dot; "" is the root: a null MX (RFC 7505)
  bool operator==(const MailHost&) const = default;
};

template <class Record>
struct DnsAnswer {
  DnsError error = DnsError::none;
  std::string text{}; ///< the error in words
  std::vector<Record> records{};
  bool authenticated = false; ///< the resolver says that DNSSEC secures the answer (AD)
};

struct ResolverOptions {
  std::string servers{}; ///< "127.0.0.1:5353,192.0.2.53"; empty: the system's
  std::chrono::milliseconds time_out = std::chrono::seconds(5); ///< of one question, real time
  int tries = 3;
};

class Resolver {
 public:
  virtual ~Resolver() = default;

  /// MX records in the order of the answer.
  virtual void mail_hosts(const std::string& domain,
                          std::function<void(DnsAnswer<MailHost>)> done) = 0;
  /// IPv6 and IPv4 addresses. A name in the hosts file is answered from there.
  virtual void addresses(const std::string& host, std::function<void(DnsAnswer<Address>)> done) = 0;
};

/// Throws std::runtime_error when the servers' list can't be read.
std::unique_ptr<Resolver> make_resolver(boost::asio::io_context& context,
                                        const ResolverOptions& options);

} // namespace tempfail::client
