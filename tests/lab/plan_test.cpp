// Who has which address, and what the files say of it.
#include "lab/files.hpp"
#include "lab/plan.hpp"
#include "lab/users.hpp"
#include "support/catch.hpp"

#include <set>
#include <string>

using namespace tempfail::lab;

TEST_CASE("hosts_have_addresses_of_their_own") {
  CHECK(host_ipv4(0) == "192.0.2.1");
  CHECK(host_ipv4(51) == "192.0.2.52");
  CHECK(host_ipv4(52) == "192.0.2.54");
  CHECK(host_ipv4(252) == "192.0.2.254");
  CHECK(host_ipv4(253) == "198.51.100.1");
  CHECK(host_ipv4(max_hosts - 1) == "198.51.100.249");
  std::set<std::string> taken = {std::string(sender_ipv4), std::string(gateway_ipv4),
                                 std::string(name_server_ipv4)};
  for (const DeadAddress& dead : dead_addresses)
    CHECK(taken.insert(std::string(dead.address)).second);
  CHECK(taken.insert(std::string(sender_mx_ipv4)).second);
  for (std::size_t i = 0; i < max_hosts; ++i) {
    CHECK(taken.insert(host_ipv4(i)).second);
    CHECK(taken.insert(host_ipv6(i)).second);
  }
  // As the kernel writes them: the router knows addresses by their text.
  CHECK(host_ipv6(0) == "2001:db8:1::1");
  CHECK(host_ipv6(max_hosts - 1) == "2001:db8:1::1f6");
}

TEST_CASE("resolver_asks_the_lab_once_for_a_second") {
  SenderSettings settings{"mail.sender.test", "192.0.2.53", ""};
  CHECK(resolv_conf(settings) ==
        "# The lab's own.\nnameserver 192.0.2.53\noptions timeout:1 attempts:1\n");
  settings.search = "trap.test";
  CHECK(resolv_conf(settings).find("search trap.test\n") != std::string::npos);
}

TEST_CASE("own_names_in_the_hosts_file") {
  CHECK(hosts_file({"mail.sender.test", "", ""}).find("203.0.113.2 mail.sender.test mail\n") !=
        std::string::npos);
  CHECK(hosts_file({"box", "", ""}).find("203.0.113.2 box\n") != std::string::npos);
}

TEST_CASE("names_are_looked_up_in_files_and_by_dns_alone") {
  CHECK(plain_nsswitch("passwd: files systemd\nhosts: files resolve [!UNAVAIL=return] dns\n") ==
        "passwd: files systemd\nhosts: files dns\n");
  CHECK(plain_nsswitch("  hosts:\tmdns4_minimal\n# hosts: of old\ngroup: files") ==
        "# hosts: of old\ngroup: files\nhosts: files dns\n");
  CHECK(plain_nsswitch("") == "hosts: files dns\n");
}

TEST_CASE("ranges_of_users") {
  const std::string text = "joe:100000:65536\n1001:300000:1000\nbad:x:1\nbad:5\nempty:1:0\n";
  const auto joe = find_range(text, "joe", 1000);
  REQUIRE(joe);
  CHECK(joe->first == 100000);
  CHECK(joe->count == 65536);
  const auto by_number = find_range(text, "ann", 1001);
  REQUIRE(by_number);
  CHECK(by_number->first == 300000);
  for (const char* const name : {"bad", "empty", "nobody", ""})
    CHECK_FALSE(find_range(text, name, 7));
}
