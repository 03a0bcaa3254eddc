// The list of active hosts: off after failures in a row, one probe, back, and longer pauses.
#include "client/policy/host_list.hpp"
#include "client/policy/load.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;
using namespace std::chrono_literals;

namespace {

const Moment start{1'700'000'000s};
const std::string host = "192.0.2.1:25";

/// A host that has just been taken off the list at `start`.
HostList list_with_host_off() {
  HostList list{default_policy().suspension};
  for (int i = 0; i < 3; ++i) {
    REQUIRE(list.acquire(host, start));
    list.record(host, Failure::connect_timeout, start);
  }
  return list;
}

} // namespace

TEST_CASE("host_goes_off_after_failures_in_a_row_only") {
  HostList list{default_policy().suspension};
  list.record(host, Failure::connect_refused, start);
  list.record(host, Failure::connect_refused, start);
  list.record(host, Failure::reply_4yz, start); // it answered: no matter what
  list.record(host, Failure::connect_refused, start);
  CHECK(list.acquire(host, start));
  list.record(host, Failure::connect_refused, start);
  list.record(host, Failure::connect_refused, start);
  CHECK_FALSE(list.acquire(host, start + 29min));
  CHECK(list.acquire("192.0.2.2:25", start));
  CHECK(list.next_probe() == start + 30min);
}

TEST_CASE("host_is_probed_by_one_and_comes_back") {
  auto list = list_with_host_off();
  CHECK(list.acquire(host, start + 30min));
  CHECK_FALSE(list.acquire(host, start + 30min)); // the probe is under way
  list.record(host, Failure::none, start + 31min);
  CHECK(list.acquire(host, start + 31min));
  CHECK(list.acquire(host, start + 31min));
  CHECK(list.hosts().empty());
}

TEST_CASE("host_pauses_grow_to_the_longest") {
  auto list = list_with_host_off();
  Moment now = start;
  std::vector<Duration> pauses;
  for (int i = 0; i < 8; ++i) {
    pauses.push_back(*list.next_probe() - now);
    now = *list.next_probe();
    REQUIRE(list.acquire(host, now));
    list.record(host, Failure::connect_timeout, now);
  }
  CHECK(pauses[0] == 30min);
  CHECK(pauses[1] == 45min);
  CHECK(pauses.back() == 3h);
}

TEST_CASE("host_probe_withdrawn_is_due_again") {
  auto list = list_with_host_off();
  CHECK(list.acquire(host, start + 30min));
  list.withdraw(host);
  CHECK(list.acquire(host, start + 30min));
}

TEST_CASE("host_failures_of_older_sessions_do_not_prolong_the_pause") {
  auto list = list_with_host_off();
  list.record(host, Failure::connect_timeout, start + 5min);
  CHECK(list.next_probe() == start + 30min);
}

TEST_CASE("host_list_tells_what_changes_and_takes_it_back") {
  HostList list{default_policy().suspension};
  std::map<std::string, HostRecord> kept;
  list.on_change([&](const std::string& name, const HostRecord& record) { kept[name] = record; });
  for (int i = 0; i < 3; ++i)
    list.record(host, Failure::no_greeting, start);
  HostList next{default_policy().suspension};
  for (const auto& [name, record] : kept)
    next.restore(name, record);
  CHECK_FALSE(next.acquire(host, start + 29min));
  list.record(host, Failure::none, start + 40min);
  CHECK(kept[host] == HostRecord{});
}

TEST_CASE("host_list_can_be_switched_off") {
  HostList list{load_policy("suspend: {after: 0}").policy.suspension};
  for (int i = 0; i < 10; ++i)
    list.record(host, Failure::connect_refused, start);
  CHECK(list.acquire(host, start));
}
