// A server under control: what was sent before comes before, and who waits hears of what arrives.
#include "control/control_world.hpp"
#include "control/refusal.hpp"
#include "journal/reader.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace tempfail;
using namespace tempfail::test;
using namespace std::chrono_literals;
using control::ManagedServerPtr;
using control::RefusalKind;
using control::WaitEnd;

namespace {

/// The moment to which it was moved.
Moment move_on(control::ManagedServer& server, Duration by) {
  Moment moment{};
  server.advance(by, [&moment](Moment now, const std::string& problem) {
    CHECK(problem.empty());
    moment = now;
  });
  return moment;
}

journal::Journal journal_of(const control::ManagedServer& server) {
  return journal::Journal::decode(server.journal().after(0, std::size_t{1} << 30U).text);
}

template <typename Kind>
std::size_t index_of(const journal::Journal& journal) {
  const auto found =
      std::find_if(journal.events().begin(), journal.events().end(),
                   [](const auto& event) { return std::holds_alternative<Kind>(event.body); });
  return static_cast<std::size_t>(found - journal.events().begin());
}

template <typename Call>
std::optional<RefusalKind> refused(Call&& call) {
  try {
    call();
    return std::nullopt;
  } catch (const control::Refusal& refusal) {
    return refusal.kind();
  }
}

} // namespace

TEST_CASE(
    "managed server: an advance comes after what clients have sent, and has been carried out when "
    "it returns") {
  ControlWorld world;
  const ManagedServerPtr server = world.make("healthy");
  RawClient client(port_of(*server));
  send_message(client);
  CHECK(server->view().totals.connections == 0); // nobody has turned the loop
  CHECK(move_on(*server, 5min) == 5min);
  const journal::Journal journal = journal_of(*server);
  CHECK(index_of<journal::event::Accepted>(journal) < index_of<journal::event::Advance>(journal));
  CHECK(server->view().totals.messages_accepted == 1);
  CHECK(client.readable_within(0));
}

TEST_CASE("managed server: mark, reset and queue come after what clients have sent, too") {
  ControlWorld world;
  const ManagedServerPtr server = world.make("healthy");
  RawClient client(port_of(*server));
  send_message(client);
  const std::uint64_t position = server->mark("here");
  CHECK(server->view().totals.messages_accepted == 1);
  CHECK(position == server->journal().position());
  RawClient other(port_of(*server));
  send_message(other);
  server->reset("");
  CHECK(server->view().totals.messages_accepted == 2);
  CHECK(server->messages({"", "", "here"}).size() == 1);
  CHECK(server->messages({}).size() == 2);
  CHECK(refused([&] { server->set_queue("", false); }) == RefusalKind::conflict);
  CHECK(refused([&] { server->reset("disk-full"); }) == RefusalKind::unknown);
  CHECK(refused([&] { server->mark(""); }) == RefusalKind::invalid);
  CHECK(refused([&] { server->messages({"", "", "there"}); }) == RefusalKind::unknown);
}

TEST_CASE("managed server: a label that is used again moves its mark") {
  ControlWorld world;
  const ManagedServerPtr server = world.make("healthy");
  server->mark("here");
  RawClient client(port_of(*server));
  send_message(client);
  server->mark("here");
  CHECK(server->messages({"", "", "here"}).empty());
}

TEST_CASE("managed server: a clock that runs is not moved, and none is moved by too much") {
  ControlWorld world;
  CHECK(refused([&] { move_on(*world.make("healthy", false), 1s); }) == RefusalKind::conflict);
  const ManagedServerPtr manual = world.make("healthy");
  CHECK(refused([&] { move_on(*manual, -1s); }) == RefusalKind::invalid);
  CHECK(refused([&] { move_on(*manual, scenario::longest_duration + 1us); }) ==
        RefusalKind::invalid);
  CHECK(move_on(*manual, scenario::longest_duration) == scenario::longest_duration);
}

TEST_CASE("managed server: who waits for messages and tries hears of them") {
  ControlWorld world;
  const ManagedServerPtr server = world.make("disk-full");
  std::size_t messages = 0;
  std::vector<control::TryView> tries;
  server->wait_for_messages({}, 1, 1h, [&](WaitEnd end, const auto& list) {
    CHECK(end == WaitEnd::ready);
    messages = list.size();
  });
  server->wait_for_tries({}, 2, 1h, [&](WaitEnd end, const auto& list) {
    CHECK(end == WaitEnd::ready);
    tries = list;
  });
  RawClient first(port_of(*server));
  send_message(first);
  move_on(*server, 6h);
  RawClient second(port_of(*server));
  send_message(second);
  world.turn_until([&] { return messages == 1 && tries.size() == 2; });
  CHECK(tries[0].result == "transient");
  CHECK(tries[1].result == "accepted");
  CHECK(tries[1].recipient == "b@b.test");
  CHECK(tries[1].begin == 6h);
}

TEST_CASE("managed server: who waits holds the lease, and who is cancelled does so no more") {
  ControlWorld world;
  const ManagedServerPtr server = world.make("healthy");
  REQUIRE(server->is_leased());
  CHECK(server->expires());
  const auto wait = server->wait_for_tries({}, 1, 1h, [](auto, const auto&) { FAIL("called"); });
  CHECK_FALSE(server->expires());
  server->cancel(wait);
  CHECK(server->expires());
  const auto before = *server->expires();
  world.turn_until([&] {
    server->renew();
    return *server->expires() > before;
  });
}

TEST_CASE("managed server: the end of a server is the end of waiting for it") {
  ControlWorld world;
  const ManagedServerPtr server = world.make("healthy");
  std::vector<WaitEnd> ends;
  server->wait_for_messages({}, 1, 1h, [&](WaitEnd end, const auto&) { ends.push_back(end); });
  server->wait_for_events(99, 1h, [&](WaitEnd end) { ends.push_back(end); });
  bool closed = false;
  server->close([&closed] { closed = true; });
  CHECK(ends == std::vector{WaitEnd::gone, WaitEnd::gone});
  world.turn_until([&] { return closed; });
}

TEST_CASE("managed server: the verdict is of what happened up to the question") {
  ControlWorld world;
  const ManagedServerPtr server = world.make("healthy");
  control::HandoverRequest handover;
  handover.sender = "a@a.test";
  handover.recipients = {"b@b.test"};
  server->hand_over(handover);
  RawClient client(port_of(*server));
  server->mark("greeted"); // one thing after the other: what comes too early is held against it
  client.send("EHLO a.test\r\n");
  server->mark("announced");
  client.send("MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\n");
  server->mark("asked for");
  client.send("Subject: x\r\n\r\ntext\r\n.\r\n");
  server->mark("accepted");
  client.send("QUIT\r\n");
  std::string report;
  server->verdict({}, [&report](std::string text) { report = std::move(text); });
  CHECK(report.empty()); // not from within
  world.turn_until([&] { return !report.empty(); });
  CHECK(report.find("\"answer\": \"ok\"") != std::string::npos);
  CHECK(report.find("\"guessed\": false") != std::string::npos);
  CHECK(report.find("\"version\": \"1.2.3\"") != std::string::npos);
}

TEST_CASE("managed server: a journal that is full is the verdict's trouble") {
  control::Limits limits;
  limits.journal = 6000;
  ControlWorld world(limits);
  const ManagedServerPtr server = world.make("healthy");
  for (int i = 0; i < 10; ++i) {
    RawClient client(port_of(*server));
    send_message(client);
    server->mark("x");
  }
  CHECK(server->view().journal_lost > 0);
  std::string report;
  server->verdict({}, [&report](std::string text) { report = std::move(text); });
  world.turn_until([&] { return !report.empty(); });
  CHECK(report.find("events of the journal were lost") != std::string::npos);
}
