// The figures: right after known events, in every form.
#include "../runner/fixture.hpp"
#include "client/stats/overview.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <regex>
#include <sstream>

using namespace tempfail::client;
using namespace std::chrono_literals;

namespace {

/// Two messages put off once, one refused, its notification delivered.
struct Busy {
  Busy() : world({until_try("4.3.2", 99)}) {
    world.queue.accept(submission({"a@x.test", "b@x.test"}), start);
    world.runner();
    world.clock->advance(10min);
  }
  World world;
};

} // namespace

TEST_CASE("overview_of_an_empty_queue") {
  Queue queue{{}};
  const Overview figures = overview(queue, start);
  CHECK(figures.states.empty());
  CHECK_FALSE(figures.oldest);
  CHECK_FALSE(figures.next_try);
  CHECK(show_stats(figures).find("Oldest message: none") != std::string::npos);
  CHECK(stats_for_prometheus(figures).find("tempfail_send_recipients{state=\"waiting\"} 0\n") !=
        std::string::npos);
}

TEST_CASE("overview_after_a_try_that_failed") {
  Busy busy;
  const Overview figures = overview(busy.world.queue, busy.world.clock->now());
  CHECK(figures.states.at(RecipientState::waiting) == 2);
  CHECK(figures.oldest == 10min);
  CHECK(figures.retry_counts == std::map<unsigned, std::uint64_t>{{1, 2}});
  CHECK(figures.tries_with("transient") == 2);
  CHECK(figures.tries_with("delivered") == 0);
  CHECK(figures.due_within.at("10m") == 0);
  CHECK(figures.due_within.at("1h") == 2);
  REQUIRE(figures.hosts.size() == 1);
  CHECK(figures.hosts[0].connections == 1);
  CHECK(figures.counters.at("messages_accepted") == 1);
  REQUIRE(figures.next_try);
  CHECK(*figures.next_try >= 50min);
}

TEST_CASE("prometheus_page_keeps_to_the_format") {
  Busy busy;
  const std::string page =
      stats_for_prometheus(overview(busy.world.queue, busy.world.clock->now()));
  const std::regex sample{
      R"re([a-z_]+(\{[a-z]+="([^"\\]|\\.)*"(,[a-z]+="([^"\\]|\\.)*")*\})? [0-9.e+-]+)re"};
  const std::regex comment{"# (HELP [a-z_]+ .+|TYPE [a-z_]+ (gauge|counter))"};
  std::istringstream in{page};
  for (std::string line; std::getline(in, line);) {
    CAPTURE(line);
    CHECK(std::regex_match(line, line.starts_with('#') ? comment : sample));
  }
  CHECK(page.find("tempfail_send_tries_total{host=\"mail.example\",status=\"4.3.2\",failure="
                  "\"reply-4yz\",fate="
                  "\"transient\"} 2\n") != std::string::npos);
  CHECK(page.find("tempfail_send_recipients_by_tries{tries=\"1\"} 2\n") != std::string::npos);
}

TEST_CASE("prometheus_labels_are_escaped") {
  Overview figures;
  figures.tries.push_back({"a\"b\\c\nd", "4.0.0", "reply-4yz", "transient", 1});
  CHECK(stats_for_prometheus(figures).find(R"(host="a\"b\\c\nd")") != std::string::npos);
}

TEST_CASE("json_and_text_hold_the_same_figures") {
  Busy busy;
  const Overview figures = overview(busy.world.queue, busy.world.clock->now());
  const auto json = nlohmann::json::parse(stats_as_json(figures));
  CHECK(json["recipients"]["waiting"] == 2);
  CHECK(json["oldest_s"] == 600.0);
  CHECK(json["tries"][0]["count"] == 2);
  const std::string text = show_stats(figures);
  CHECK(text.find("Recipients in the queue: 2, 2 waiting") != std::string::npos);
  CHECK(text.find("Tries: 2, 0 delivered (0.0%), 2 deferred, 0 rejected") != std::string::npos);
}
