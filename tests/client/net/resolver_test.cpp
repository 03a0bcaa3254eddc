// What a name server says, and every way in which it may fail to, told apart.
#include "client/net/resolver.hpp"

#include "client/support/dns_server.hpp"
#include "client/support/scripted_server.hpp"
#include "support/catch.hpp"

#include <boost/asio/io_context.hpp>

#include <optional>

using namespace tempfail::client;
using namespace tempfail::client::test;
using namespace std::chrono_literals;

namespace {

using Kind = DnsReply::Kind;

/// Asks one thing and waits for the answer.
class Asker {
 public:
  explicit Asker(const std::string& servers)
      : resolver_(make_resolver(context_, {.servers = servers, .time_out = 200ms, .tries = 2})) {}

  DnsAnswer<MailHost> mail_hosts(const std::string& domain) {
    return ask<MailHost>([&](auto done) { resolver_->mail_hosts(domain, done); });
  }
  DnsAnswer<Address> addresses(const std::string& host) {
    return ask<Address>([&](auto done) { resolver_->addresses(host, done); });
  }

 private:
  template <class Record, class Start>
  DnsAnswer<Record> ask(const Start& start) {
    std::optional<DnsAnswer<Record>> result;
    start([&](DnsAnswer<Record> answer) { result = std::move(answer); });
    CHECK_FALSE(result); // never from inside the call
    context_.restart();
    context_.run_for(60s);
    REQUIRE(result);
    return *result;
  }

  boost::asio::io_context context_;
  std::unique_ptr<Resolver> resolver_;
};

} // namespace

TEST_CASE("resolver_finds_mail_hosts_and_addresses") {
  DnsServer server({{"MX example.test", {.records = {"20 Backup.test", "10 mx.test"}}},
                    {"MX null.test", {.records = {"0 ."}}},
                    {"A mx.test", {.records = {"192.0.2.1", "192.0.2.2"}}},
                    {"AAAA mx.test", {.records = {"2001:db8::1"}}},
                    {"A four.test", {.records = {"192.0.2.4"}}}});
  Asker asker(server.address());
  const auto hosts = asker.mail_hosts("example.test");
  CHECK(hosts.error == DnsError::none);
  CHECK(hosts.records == std::vector<MailHost>{{20, "backup.test"}, {10, "mx.test"}});
  CHECK(asker.mail_hosts("null.test").records == std::vector<MailHost>{{0, ""}});
  CHECK(asker.addresses("mx.test").records.size() == 3);
  const auto four = asker.addresses("four.test");
  CHECK(four.error == DnsError::none);
  CHECK(four.records == std::vector<Address>{{.ip = "192.0.2.4"}});
}

TEST_CASE("resolver_tells_failures_apart") {
  DnsServer server({{"A exists.test", {.records = {"192.0.2.1"}}},
                    {"MX empty.test", {}},
                    {"MX broken.test", {.kind = Kind::servfail}},
                    {"MX refused.test", {.kind = Kind::refused}},
                    {"MX silent.test", {.kind = Kind::silence}},
                    {"MX garbage.test", {.kind = Kind::garbage}},
                    {"A broken.test", {.kind = Kind::servfail}},
                    {"A silent.test", {.kind = Kind::silence}},
                    {"A half.test", {.records = {"192.0.2.9"}}},
                    {"AAAA half.test", {.kind = Kind::servfail}}});
  Asker asker(server.address());
  CHECK(asker.mail_hosts("nowhere.test").error == DnsError::nxdomain);
  CHECK(asker.mail_hosts("exists.test").error == DnsError::no_data);
  CHECK(asker.mail_hosts("broken.test").error == DnsError::servfail);
  CHECK(asker.mail_hosts("refused.test").error == DnsError::servfail);
  CHECK(asker.mail_hosts("silent.test").error == DnsError::no_answer);
  CHECK(asker.mail_hosts("garbage.test").error == DnsError::servfail);
  CHECK(asker.addresses("nowhere.test").error == DnsError::nxdomain);
  CHECK(asker.addresses("empty.test").error == DnsError::no_data);
  CHECK(asker.addresses("broken.test").error == DnsError::servfail);
  CHECK(asker.addresses("silent.test").error == DnsError::no_answer);
  CHECK(asker.addresses("half.test").records.size() == 1);
}

TEST_CASE("resolver_that_is_not_there_gives_no_answer") {
  RefusedPort port;
  Asker asker("127.0.0.1:" + std::to_string(port.port()));
  CHECK(asker.mail_hosts("example.test").error == DnsError::no_answer);
}

TEST_CASE("localhost_needs_no_name_server") {
  RefusedPort port;
  Asker asker("127.0.0.1:" + std::to_string(port.port()));
  const auto answer = asker.addresses("localhost");
  CHECK(answer.error == DnsError::none);
  CHECK_FALSE(answer.records.empty());
}

TEST_CASE("a_wrong_resolver_address_is_refused") {
  boost::asio::io_context context;
  CHECK_THROWS(make_resolver(context, {.servers = "not an address"}));
}
