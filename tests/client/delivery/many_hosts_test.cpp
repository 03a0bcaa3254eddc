// Which hosts are asked, in which order, and when the next one is.
#include "client/delivery/delivery.hpp"
#include "client/delivery/mail_hosts.hpp"
#include "client/support/dns_server.hpp"
#include "client/support/scripted_server.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <set>

using namespace tempfail::client;
using namespace tempfail::client::test;

namespace {

using Kind = DnsReply::Kind;

/// Two hosts of one domain, on 127.0.0.2 and 127.0.0.3, on one port.
std::map<std::string, DnsReply> two_hosts() {
  return {{"MX mx.test", {.records = {"20 two.test", "10 one.test"}}},
          {"A one.test", {.records = {"127.0.0.2"}}},
          {"A two.test", {.records = {"127.0.0.3"}}}};
}

DelivererOptions with_dns(const DnsServer& dns) {
  return {.resolver = {
              .servers = dns.address(), .time_out = std::chrono::milliseconds(300), .tries = 2}};
}

void answer_rcpt(Peer& peer, const std::string& address, const std::string& reply) {
  peer.say("220 mx");
  for (std::string line = peer.hear(); !line.empty(); line = peer.hear()) {
    if (line == "DATA") {
      peer.say("354 go");
      peer.hear_content();
      peer.say("250 ok");
    } else {
      peer.say(line == "RCPT TO:<" + address + ">" ? reply : "250 ok");
    }
  }
}

} // namespace

TEST_CASE("the_next_host_is_asked_after_a_refused_connection") {
  DnsServer dns(two_hosts());
  ScriptedServer second({[](Peer& peer) { peer.serve(); }}, "127.0.0.3");
  RefusedPort first("127.0.0.2", second.port());
  Delivery delivery(with_dns(dns));
  const auto outcome = delivery.send(by_mx(second.port()));
  CHECK(outcome.of() == "delivered none message 2.0.0");
  CHECK(outcome.tries() == "one.test connect-refused; two.test none");
}

TEST_CASE("the_next_host_is_asked_only_for_those_told_to_wait") {
  DnsServer dns(two_hosts());
  ScriptedServer second({[](Peer& peer) { peer.serve(); }}, "127.0.0.3");
  ScriptedServer first({[](Peer& peer) { answer_rcpt(peer, "y@mx.test", "450 4.2.1 later"); }},
                       "127.0.0.2", second.port());
  {
    Delivery delivery(with_dns(dns));
    const auto outcome = delivery.send(by_mx(second.port()), {"x@mx.test", "y@mx.test"});
    CHECK(outcome.report.results[0].host == "one.test");
    CHECK(outcome.report.results[1].host == "two.test");
    CHECK(outcome.order == std::vector<std::string>{"committing 0", "settled 0", "committing 1",
                                                    "settled 1", "finished"});
  }
  second.stop();
  const auto heard = second.heard();
  CHECK(std::find(heard.begin(), heard.end(), "RCPT TO:<x@mx.test>") == heard.end());
}

TEST_CASE("the_next_host_is_not_asked_after_a_refusal_for_good") {
  DnsServer dns(two_hosts());
  ScriptedServer second({[](Peer& peer) { peer.serve(); }}, "127.0.0.3");
  ScriptedServer first({[](Peer& peer) { answer_rcpt(peer, "x@mx.test", "550 5.1.1 who"); }},
                       "127.0.0.2", second.port());
  Delivery delivery(with_dns(dns));
  CHECK(delivery.send(by_mx(second.port())).of() == "permanent reply-5yz rcpt 5.1.1");
  CHECK(second.connections() == 0);
}

TEST_CASE("the_next_host_is_not_asked_where_the_message_may_have_arrived") {
  DnsServer dns(two_hosts());
  ScriptedServer second({[](Peer& peer) { peer.serve(); }}, "127.0.0.3");
  ScriptedServer first({[](Peer& peer) {
                         peer.say("220 mx");
                         for (const char* reply : {"250 mx", "250 ok", "250 ok", "354 go"}) {
                           peer.hear();
                           peer.say(reply);
                         }
                         peer.hear_content();
                         peer.reset();
                       }},
                       "127.0.0.2", second.port());
  Delivery delivery(with_dns(dns));
  CHECK(delivery.send(by_mx(second.port())).of() == "transient dropped message 4.4.2 in-doubt");
  CHECK(second.connections() == 0);
}

TEST_CASE("a_host_that_refuses_to_talk_is_passed_over_but_counts_if_all_do") {
  DnsServer dns(two_hosts());
  const auto unwilling = [](Peer& peer) {
    peer.say("554 5.3.2 no mail here");
    peer.hear();
    peer.say("221 bye");
  };
  ScriptedServer second({unwilling, [](Peer& peer) { peer.serve(); }}, "127.0.0.3");
  ScriptedServer first({unwilling}, "127.0.0.2", second.port());
  Delivery delivery(with_dns(dns));
  CHECK(delivery.send(by_mx(second.port())).of() == "permanent reply-5yz greeting 5.3.2");
  CHECK(delivery.send(by_mx(second.port())).of() == "delivered none message 2.0.0");
}

TEST_CASE("later_from_one_host_outweighs_no_from_another") {
  DnsServer dns(two_hosts());
  ScriptedServer second({[](Peer& peer) { peer.say("554 5.3.2 no mail here"); }}, "127.0.0.3");
  ScriptedServer first({[](Peer& peer) { peer.say("421 4.3.2 later"); }}, "127.0.0.2",
                       second.port());
  Delivery delivery(with_dns(dns));
  CHECK(delivery.send(by_mx(second.port())).of() == "transient reply-4yz greeting 4.3.2");
  CHECK(second.connections() == 1);
}

TEST_CASE("at_most_so_many_hosts_are_asked") {
  DnsServer dns(two_hosts());
  ScriptedServer second({[](Peer& peer) { peer.serve(); }}, "127.0.0.3");
  RefusedPort first("127.0.0.2", second.port());
  Delivery delivery(with_dns(dns));
  DeliverySettings settings = by_mx(second.port());
  settings.max_hosts = 1;
  CHECK(delivery.send(settings).of() == "transient connect-refused connect 4.4.1");
  CHECK(second.connections() == 0);
}

TEST_CASE("a_host_that_is_off_the_list_is_passed_over") {
  DnsServer dns(two_hosts());
  ScriptedServer second({[](Peer& peer) { peer.serve(); }}, "127.0.0.3");
  DelivererOptions options = with_dns(dns);
  std::vector<std::string> told;
  bool all_off = false;
  options.may_try = [&](const std::string& host) {
    return !all_off && !host.starts_with("127.0.0.2");
  };
  options.tried = [&](const std::string& host, Failure failure) {
    told.push_back(host + ' ' + std::string(name(failure)));
  };
  Delivery delivery(std::move(options));
  const auto outcome = delivery.send(by_mx(second.port()));
  CHECK(outcome.tries() == "one.test host-off; two.test none");
  CHECK(told == std::vector<std::string>{"127.0.0.3:" + std::to_string(second.port()) + " none"});
  all_off = true;
  CHECK(delivery.send(by_mx(second.port())).of() == "transient host-off connect 4.4.1");
}

TEST_CASE("what_the_name_server_says_decides") {
  const std::vector<std::pair<std::map<std::string, DnsReply>, std::string>> cases = {
      {{{"MX other.test", {}}}, "permanent dns-nxdomain resolve 5.1.2"},
      {{{"MX mx.test", {.kind = Kind::servfail}}}, "transient dns-servfail resolve 4.4.3"},
      {{{"MX mx.test", {.kind = Kind::refused}}}, "transient dns-servfail resolve 4.4.3"},
      {{{"MX mx.test", {.kind = Kind::silence}}}, "transient dns-no-answer resolve 4.4.3"},
      {{{"MX mx.test", {.kind = Kind::garbage}}}, "transient dns-servfail resolve 4.4.3"},
      {{{"MX mx.test", {.records = {"0 ."}}}}, "permanent dns-null-mx resolve 5.1.10"},
      {{{"MX mx.test", {.records = {"10 nowhere.test"}}}},
       "transient dns-no-address resolve 4.4.4"},
      {{{"MX mx.test", {.records = {"10 127.0.0.9"}}}}, "transient dns-no-address resolve 4.4.4"},
      {{{"MX mx.test", {.records = {"10 one.test"}}}, {"A one.test", {.records = {"127.0.0.9"}}}},
       "transient connect-refused connect 4.4.1"},
      {{{"MX mx.test", {}}}, "permanent dns-no-address resolve 5.4.4"},
      {{{"MX mx.test", {.records = {"10 one.test"}}}, {"A one.test", {.kind = Kind::silence}}},
       "transient dns-no-answer resolve 4.4.3"},
      {{{"MX mx.test", {.records = {"10 client.test", "20 two.test"}}}},
       "permanent dns-no-address resolve 5.4.6"},
  };
  RefusedPort nobody("127.0.0.9");
  for (const auto& [table, expected] : cases) {
    DnsServer dns(table);
    Delivery delivery(with_dns(dns));
    CHECK(delivery.send(by_mx(nobody.port())).of() == expected);
  }
}

TEST_CASE("a_domain_without_mx_is_its_own_host") {
  DnsServer dns({{"A mx.test", {.records = {"127.0.0.2"}}}});
  ScriptedServer server({[](Peer& peer) { peer.serve(); }}, "127.0.0.2");
  Delivery delivery(with_dns(dns));
  CHECK(delivery.send(by_mx(server.port())).of() == "delivered none message 2.0.0");
}

TEST_CASE("an_address_literal_needs_no_name_server") {
  ScriptedServer server({[](Peer& peer) { peer.serve(); }}, "127.0.0.2");
  Delivery delivery;
  CHECK(delivery.send(by_mx(server.port()), {"x@[127.0.0.2]"}).of() ==
        "delivered none message 2.0.0");
}

TEST_CASE("ipv6_dead_and_ipv4_alive") {
  DnsServer dns({{"A mx.test", {.records = {"127.0.0.2"}}},
                 {"AAAA mx.test", {.records = {"2001:db8:dead::1"}}}});
  ScriptedServer server({[](Peer& peer) { peer.serve(); }}, "127.0.0.2");
  Delivery delivery(with_dns(dns));
  DeliverySettings settings = by_mx(server.port());
  settings.time_outs.connect = std::chrono::seconds(10);
  const auto outcome = delivery.send(settings);
  CHECK(outcome.of() == "delivered none message 2.0.0");
  REQUIRE(outcome.report.tries.size() == 2);
  CHECK(outcome.report.tries[0].address.starts_with("[2001:db8:dead::1]"));
  settings.ipv4 = false;
  CHECK(delivery.send(settings).of().starts_with("transient "));
}

TEST_CASE("hosts_are_in_order_of_preference_and_equal_ones_in_every_order") {
  std::vector<MailHost> hosts = {{20, "c"}, {10, "a"}, {10, "b"}, {5, "z"}};
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    std::string order;
    for (const MailHost& each : in_order(hosts, seed)) {
      order += each.host;
    }
    CHECK(in_order(hosts, seed) == in_order(hosts, seed));
    seen.insert(order);
  }
  CHECK(seen == std::set<std::string>{"zabc", "zbac"});
}

TEST_CASE("hosts_from_oneself_on_are_left_out") {
  const std::vector<MailHost> hosts = {{5, "z"}, {10, "me"}, {10, "a"}, {20, "b"}};
  CHECK(before_self(hosts, "me") == std::vector<MailHost>{{5, "z"}});
  CHECK(before_self(hosts, "else").size() == 4);
}

TEST_CASE("address_families_take_turns") {
  const std::vector<Address> all = {{.ip = "1"}, {.ip = "2"}, {.ip = "3"}, {.ip = "a", .v6 = true}};
  const auto order = in_order(all, true, true, 7);
  REQUIRE(order.size() == 4);
  CHECK(order[0].v6);
  CHECK_FALSE(order[1].v6);
  CHECK(in_order(all, false, true, 7).size() == 1);
  CHECK(in_order(all, true, false, 7).size() == 3);
}

TEST_CASE("what_an_mx_names_is_a_name_even_if_it_looks_like_an_address") {
  DnsServer dns({{"MX mx.test", {.records = {"10 127.0.0.2"}}}});
  ScriptedServer server({[](Peer& peer) { peer.serve(); }}, "127.0.0.2");
  Delivery delivery(with_dns(dns));
  const auto outcome = delivery.send(by_mx(server.port()));
  CHECK(outcome.of() == "transient dns-no-address resolve 4.4.4");
  CHECK(server.connections() == 0);
}

namespace {

/// Takes the second of two hosts for this machine.
DelivererOptions that_is_the_second(const DnsServer& dns) {
  DelivererOptions options = with_dns(dns);
  options.is_own = [](const Address& address, std::uint16_t) { return address.ip == "127.0.0.3"; };
  return options;
}

} // namespace

TEST_CASE("hosts_from_oneself_on_are_left_out_by_address_too") {
  auto names = two_hosts();
  names["MX mx.test"].records.emplace_back("30 three.test");
  names["A three.test"] = {.records = {"127.0.0.4"}};
  DnsServer dns(std::move(names));
  ScriptedServer third({[](Peer& peer) { peer.serve(); }}, "127.0.0.4");
  RefusedPort first("127.0.0.2", third.port());
  Delivery delivery(that_is_the_second(dns));
  const auto outcome = delivery.send(by_mx(third.port()));
  CHECK(outcome.of() == "transient connect-refused connect 4.4.1"); // what the better one led to
  CHECK(outcome.tries() == "one.test connect-refused");
  CHECK(third.connections() == 0);
}

TEST_CASE("mail_that_would_come_back_is_given_up") {
  DnsServer dns({{"A mx.test", {.records = {"127.0.0.3"}}}});
  ScriptedServer self({[](Peer& peer) { peer.serve(); }}, "127.0.0.3");
  Delivery delivery(that_is_the_second(dns));
  CHECK(delivery.send(by_mx(self.port())).of() == "permanent dns-no-address resolve 5.4.6");
  CHECK(self.connections() == 0);
  // Who names a host means it.
  DeliverySettings settings = by_mx(self.port());
  settings.next_hop = {.host = "127.0.0.3", .port = self.port()};
  CHECK(delivery.send(settings).of() == "delivered none message 2.0.0");
}

namespace {

/// A message to several domains, as the runner starts it: a try for each domain, in a row. `id`: the queue's name for
/// it.
std::vector<std::shared_ptr<Outcome>> to_domains(const DnsServer& dns, const ScriptedServer& server,
                                                 const std::vector<std::string>& recipients,
                                                 const std::string& id = "1") {
  Delivery delivery(with_dns(dns));
  delivery.message_id = id;
  std::vector<std::shared_ptr<Outcome>> outcomes;
  for (const std::string& recipient : recipients)
    outcomes.push_back(delivery.start(by_mx(server.port()), {recipient}));
  delivery.run();
  return outcomes;
}

/// That a server has had when all has come to its end.
std::size_t transactions(ScriptedServer& server) {
  server.stop();
  const auto heard = server.heard();
  return static_cast<std::size_t>(std::count_if(
      heard.begin(), heard.end(), [](const auto& line) { return line.starts_with("MAIL"); }));
}

} // namespace

TEST_CASE("domains_with_the_same_hosts_share_a_transaction_and_each_is_told_its_own_result") {
  DnsServer dns({{"MX a.test", {.records = {"10 one.test"}}},
                 {"MX b.test", {.records = {"10 one.test"}}},
                 {"A one.test", {.records = {"127.0.0.2"}}}});
  ScriptedServer server({[](Peer& peer) { answer_rcpt(peer, "y@b.test", "550 5.1.1 no"); }},
                        "127.0.0.2");
  const auto outcomes = to_domains(dns, server, {"x@a.test", "y@b.test"});
  CHECK(transactions(server) == 1);
  CHECK(outcomes[0]->of() == "delivered none message 2.0.0");
  CHECK(outcomes[1]->of() == "permanent reply-5yz rcpt 5.1.1");
  CHECK(outcomes[0]->order == std::vector<std::string>{"committing 0", "settled 0", "finished"});
  CHECK(outcomes[0]->report.tries.size() + outcomes[1]->report.tries.size() == 1);
}

TEST_CASE("domains_with_other_hosts_or_other_messages_share_nothing") {
  DnsServer dns({{"MX a.test", {.records = {"10 one.test"}}},
                 {"MX b.test", {.records = {"20 one.test"}}},
                 {"MX c.test", {.kind = Kind::servfail}},
                 {"A one.test", {.records = {"127.0.0.2"}}}});
  const ScriptedServer::Script healthy = [](Peer& peer) { peer.serve(); };
  {
    ScriptedServer server({healthy, healthy}, "127.0.0.2");
    const auto outcomes = to_domains(dns, server, {"x@a.test", "y@b.test", "z@c.test"});
    CHECK(transactions(server) == 2); // the preference differs
    CHECK(outcomes[0]->of() == "delivered none message 2.0.0");
    CHECK(outcomes[1]->of() == "delivered none message 2.0.0");
    CHECK(outcomes[2]->of() == "transient dns-servfail resolve 4.4.3");
  }
  ScriptedServer server({healthy, healthy}, "127.0.0.2");
  to_domains(dns, server, {"x@a.test", "y@a.test"}, ""); // nobody says that they are one message
  CHECK(transactions(server) == 2);
}

TEST_CASE("a_domain_whose_name_server_is_silent_does_not_hold_up_the_others") {
  DnsServer dns({{"MX a.test", {.records = {"10 one.test"}}},
                 {"MX b.test", {.records = {"10 one.test"}}},
                 {"MX c.test", {.kind = Kind::silence}},
                 {"A one.test", {.records = {"127.0.0.2"}}}});
  ScriptedServer server({[](Peer& peer) { peer.serve(); }}, "127.0.0.2");
  {
    DelivererOptions options = with_dns(dns);
    options.resolver.time_out = std::chrono::seconds(2);
    Delivery delivery(options);
    delivery.message_id = "1";
    const DeliverySettings settings = by_mx(server.port());
    const auto first = delivery.start(settings, {"x@a.test"});
    const auto silent = delivery.start(settings, {"z@c.test"});
    const auto second = delivery.start(settings, {"y@b.test"});
    delivery.wait_until(
        [&] { return !first->report.results.empty() && !second->report.results.empty(); });
    CHECK(first->of() == "delivered none message 2.0.0");
    CHECK(second->of() == "delivered none message 2.0.0");
    CHECK(silent->order.empty()); // still asking
    delivery.run();
    CHECK(silent->of() == "transient dns-no-answer resolve 4.4.3");
  }
  CHECK(transactions(server) == 1);
}
