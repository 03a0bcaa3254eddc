// What the loader lets pass can be on the wire: each scenario of the catalogue, and each record of a file that has all.
#include "dns/packet.hpp"
#include "scenario/hosts.hpp"
#include "scenario/loader.hpp"
#include "support/catch.hpp"

#include <fstream>
#include <iterator>

using namespace tempfail;
using namespace tempfail::test;

namespace {

dns::ZoneSetting setting_of(const scenario::ScenarioPtr& scenario) {
  dns::ZoneSetting setting;
  setting.scenario = scenario;
  for (const scenario::Host& host : scenario::hosts_of(*scenario))
    setting.hosts.push_back({host.name, {"192.0.2.1"}, {"2001:db8::1"}});
  return setting;
}

} // namespace

TEST_CASE("files: every scenario of the catalogue has names, and no two have the same") {
  const scenario::Catalogue catalogue = scenario::Catalogue::load({});
  std::vector<std::unique_ptr<dns::Zone>> zones;
  dns::Responder responder;
  for (const scenario::ScenarioPtr& scenario : catalogue.all()) {
    INFO(scenario->id());
    zones.push_back(std::make_unique<dns::Zone>(setting_of(scenario)));
    CHECK_NOTHROW(responder.add(*zones.back()));
  }
  CHECK(zones.size() > 100);
  const std::string packet = packet_of({"disk-full.test", MX});
  const auto parsed = dns::parse_query(packet, scenario::Transport::udp, "127.0.0.1");
  CHECK(told_by(responder.answer(packet, parsed, {}).bytes).data() ==
        std::vector<std::string>{"10 mx.disk-full.test"});
}

TEST_CASE("files: each record that can be written comes back") {
  std::ifstream stream(SCENARIO_FILE, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const auto scenario = scenario::load_scenario(text, "x/names.yaml").scenario;
  REQUIRE(scenario != nullptr);
  dns::Zone zone(setting_of(scenario));
  std::size_t found = 0;
  for (const scenario::Record& record : scenario->names->records) {
    INFO(record.owner << " " << record.data);
    const dns::RecordList* const there = zone.records_at(record.owner, nullptr);
    REQUIRE(there != nullptr);
    for (const dns::WireRecord& one : *there)
      found += one.type == static_cast<std::uint16_t>(record.type) ? 1 : 0;
  }
  CHECK(found >= scenario->names->records.size());
}
