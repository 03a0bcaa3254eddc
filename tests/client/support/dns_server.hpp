// A name server for tests: answers over UDP from a table, or misbehaves.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tempfail::client::test {

/// What it says to one question.
struct DnsReply {
  enum class Kind : std::uint8_t { records, nxdomain, servfail, refused, silence, garbage };
  Kind kind = Kind::records;
  std::vector<std::string>
      records{};              ///< "10 mx.test" for MX, an address for A and AAAA; none: no data
  bool authenticated = false; ///< says that DNSSEC secures it, where the question asks for that
};

/// Questions are "MX example.test", "A mx.test", "AAAA mx.test". What is not in the table does not exist,
/// unless the name has other records.
class DnsServer {
 public:
  explicit DnsServer(std::map<std::string, DnsReply> table);
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void run();
  std::string answer(const std::string& question) const;
  DnsReply look_up(const std::string& type, const std::string& name) const;

  std::map<std::string, DnsReply> table_;
  int descriptor_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

} // namespace tempfail::client::test
