// Servers are made, found, closed, and forgotten when their lease runs out.
#include "control/control_world.hpp"
#include "control/refusal.hpp"
#include "support/catch.hpp"

#include <set>

using namespace tempfail;
using namespace tempfail::test;
using namespace std::chrono_literals;
using control::ManagedServerPtr;
using control::RefusalKind;
using control::ServerRequest;

namespace {

ServerRequest request(const std::string& scenario = "healthy") {
  ServerRequest made;
  made.scenario = scenario;
  return made;
}

std::optional<RefusalKind> refused(ControlWorld& world, const ServerRequest& wanted) {
  try {
    world.servers.create(wanted);
    return std::nullopt;
  } catch (const control::Refusal& refusal) {
    return refusal.kind();
  }
}

} // namespace

TEST_CASE(
    "servers: each has a port and an id of its own, and a port is free when its server is closed") {
  ControlWorld world;
  std::set<std::uint16_t> ports;
  for (int i = 0; i < 3; ++i)
    ports.insert(port_of(*world.make("healthy")));
  CHECK(ports.size() == 3);
  CHECK(world.servers.all().size() == 3);
  const ManagedServerPtr second = world.servers.find("2");
  RawClient client(port_of(*second));
  second->mark("x"); // it was accepted
  world.servers.remove("2");
  CHECK_THROWS(RawClient(port_of(*second)));
  CHECK_THROWS_AS(world.servers.find("2"), control::Refusal);
  CHECK_THROWS_AS(world.servers.remove("2"), control::Refusal);
  bool all_closed = false;
  world.servers.close([&all_closed] { all_closed = true; });
  client.close();
  world.turn_until([&] { return all_closed; });
  CHECK(world.servers.totals().deleted == 1);
  CHECK(world.servers.totals().net.connections == 1);    // of a server that is gone
  CHECK(refused(world, request()) == RefusalKind::full); // the program is stopping
}

TEST_CASE("servers: a lease that runs out closes its server, and no other") {
  ControlWorld world;
  ServerRequest wanted = request();
  wanted.lease = 1h;
  world.servers.create(wanted);
  wanted.lease = 1s;
  world.servers.create(wanted);
  world.turn_until([&] { return world.servers.all().size() == 1; });
  CHECK(world.servers.totals().expired == 1);
  CHECK(world.servers.find("1")->view().lease->length == 1h);
}

TEST_CASE("servers: there is a limit") {
  control::Limits limits;
  limits.servers = 2;
  ControlWorld world(limits);
  CHECK_FALSE(refused(world, request()));
  CHECK_FALSE(refused(world, request()));
  CHECK(refused(world, request()) == RefusalKind::full);
  world.servers.remove("1");
  CHECK_FALSE(refused(world, request()));
}

TEST_CASE("servers: ports stay in their range, those of others are passed over") {
  std::uint16_t taken = 0;
  {
    ControlWorld any;
    taken = port_of(*any.make("healthy")); // free in a moment, most likely
  }
  if (taken > 65533) taken = 65533;
  ControlWorld world({}, control::PortRange{taken, static_cast<std::uint16_t>(taken + 1)});
  std::set<std::uint16_t> ports;
  while (true) {
    try {
      ports.insert(port_of(*world.make("healthy")));
    } catch (const control::Refusal& refusal) {
      CHECK(refusal.kind() == RefusalKind::full);
      break;
    }
  }
  CHECK(ports.size() <= 2);
  for (const std::uint16_t port : ports)
    CHECK((port == taken || port == taken + 1));
}

TEST_CASE("servers: what makes no sense, or can't be served here, is refused") {
  ControlWorld world;
  const auto with = [](auto change) {
    ServerRequest wanted = request();
    change(wanted);
    return wanted;
  };
  CHECK(refused(world, request("none")) == RefusalKind::unknown);
  CHECK(refused(world, request("mx-servfail")) == RefusalKind::conflict);
  CHECK(refused(world, with([](auto& it) { it.time_scale = -1; })) == RefusalKind::invalid);
  CHECK(refused(world, with([](auto& it) { it.time_scale = 1e7; })) == RefusalKind::invalid);
  CHECK(refused(world, with([](auto& it) {
                  it.time_scale = 2;
                  it.manual_clock = true;
                })) == RefusalKind::invalid);
  CHECK(refused(world, with([](auto& it) { it.role = "mta"; })) == RefusalKind::invalid);
  CHECK(refused(world, with([](auto& it) { it.tls_policy = "x"; })) == RefusalKind::invalid);
  CHECK(refused(world, with([](auto& it) { it.without = {"x"}; })) == RefusalKind::invalid);
  CHECK(refused(world, with([](auto& it) { it.lease = 0s; })) == RefusalKind::invalid);
  CHECK(refused(world, with([](auto& it) { it.lease = 25h; })) == RefusalKind::invalid);
  CHECK(refused(world, with([](auto& it) { it.queue_lifetime = -1s; })) == RefusalKind::invalid);
  CHECK(world.servers.all().empty());
}

TEST_CASE("scenarios: one that is put in is found by its name, and replaces one of the catalogue") {
  ControlWorld world;
  const std::string yaml(world.scenarios.find("disk-full")->text);
  const std::size_t count = world.scenarios.all().size();
  const auto mine = world.scenarios.put("my-disk", yaml);
  CHECK(mine.is_new);
  REQUIRE(mine.loaded.scenario);
  CHECK(world.scenarios.find("own/my-disk")->name == "my-disk");
  CHECK_FALSE(world.scenarios.put("my-disk", yaml).is_new);
  CHECK(world.scenarios.all().size() == count + 1);
  const auto other = world.scenarios.put("disk-full", yaml + "# mine\n");
  CHECK_FALSE(other.is_new);
  CHECK(world.scenarios.find("disk-full") == other.loaded.scenario);
  CHECK(world.scenarios.find("disk-full")->family == "disk");
  CHECK(world.scenarios.all().size() == count + 1);
  const auto wrong = world.scenarios.put("wrong", "summary: [");
  CHECK_FALSE(wrong.loaded.mistakes.empty());
  CHECK_THROWS_AS(world.scenarios.find("wrong"), control::Refusal);
  for (const char* name : {"", "-a", "a-", "A", "a/b", "..", "a b"})
    CHECK_THROWS_AS(world.scenarios.put(name, yaml), control::Refusal);
}

TEST_CASE("scenarios: there is a limit to those that are put in") {
  control::Limits limits;
  limits.scenarios = 1;
  ControlWorld world(limits);
  const std::string yaml(world.scenarios.find("disk-full")->text);
  world.scenarios.put("one", yaml);
  world.scenarios.put("one", yaml);
  CHECK_THROWS_AS(world.scenarios.put("two", yaml), control::Refusal);
}
