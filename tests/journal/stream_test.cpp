// Entries of a stream: each line once, what is missing, and clocks that are behind.
#include "journal/clocks.hpp"
#include "journal/reader.hpp"
#include "journal/recorder.hpp"
#include "journal/withdrawal.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <variant>
#include <vector>

using namespace tempfail;
using namespace tempfail::journal;
using namespace std::chrono_literals;

namespace {

/// A line of a node.
std::string line(const std::string& node, std::uint64_t number, Moment at, const Body& body,
                 bool again = false) {
  Event event{at, 0, 1, body};
  event.node = node;
  std::string text;
  encode(event, number, text);
  if (again) text.insert(1, "\"again\":true,");
  return text;
}
event::Run a_run() {
  event::Run run;
  run.started_unix_us = 1;
  return run;
}
event::Server a_server() {
  event::Server server;
  server.scenario = "case";
  return server;
}
std::string beginning(const std::string& node, bool again = false) {
  return line(node, 1, 0s, a_run(), again) + line(node, 2, 0s, a_server(), again);
}

/// What a journal says, in a word each: notes as they are, what is missing as "missing 1-3".
std::vector<std::string> told(const Journal& journal) {
  std::vector<std::string> words;
  for (const Event& event : journal.events()) {
    const std::string node = std::string(event.node) + " ";
    if (const auto* note = std::get_if<event::Note>(&event.body))
      words.push_back(node + std::string(note->text));
    if (const auto* store = std::get_if<event::Store>(&event.body)) {
      const auto seconds = [](Moment moment) { return std::to_string(moment / 1s); };
      words.push_back(node + (store->missing == event::Missing::rest ? "rest " : "missing ") +
                      seconds(store->since) + "-" + seconds(event.time));
    }
  }
  return words;
}

using Words = std::vector<std::string>;

} // namespace

TEST_CASE("stream: a line that is there twice counts once") {
  Journal journal;
  const std::string lines = beginning("a") + line("a", 3, 1s, event::Note{"x"});
  journal.append_entry(lines, {});
  journal.append_entry(lines + line("a", 4, 2s, event::Note{"y"}), {});
  journal.append_entry(beginning("a", true) + line("a", 5, 3s, event::Note{"z"}), {});
  CHECK(told(journal) == Words{"a x", "a y", "a z"});
  CHECK(journal.scenario_of(journal.events().back()) == "case");
}

TEST_CASE("stream: each server counts for itself") {
  Journal journal;
  journal.append_entry(beginning("a") + line("a", 3, 1s, event::Note{"x"}), {});
  journal.append_entry(beginning("b") + line("b", 3, 2s, event::Note{"y"}), {});
  journal.append_entry(line("a", 4, 3s, event::End{}), {});
  CHECK(told(journal) == Words{"a x", "b y"});
  CHECK(journal.nodes_without_end() == Words{"b"});
}

TEST_CASE("stream: a number that is not there is a time of which nothing is known") {
  Journal journal;
  journal.append_entry(beginning("a") + line("a", 3, 1s, event::Note{"x"}), {});
  journal.append_entry(line("a", 6, 9s, event::Note{"y"}), {});
  CHECK(told(journal) == Words{"a x", "a missing 1-9", "a y"});
}

TEST_CASE("stream: one that begins with what is repeated has lost its beginning") {
  Journal journal;
  journal.append_entry(beginning("a", true) + line("a", 3, 5s, event::Note{"x"}) +
                           line("a", 4, 6s, event::Note{"y"}),
                       {});
  CHECK(told(journal) == Words{"a missing 0-5", "a x", "a y"});
}

TEST_CASE("stream: what is repeated after a gap does not hide it") {
  Journal journal;
  journal.append_entry(beginning("a"), {});
  journal.append_entry(line("a", 5, 2s, a_server(), true) + line("a", 6, 9s, event::Note{"y"}), {});
  CHECK(told(journal) == Words{"a missing 0-9", "a y"});
}

TEST_CASE("stream: a server whose first events are cut off is no other server") {
  Journal journal;
  journal.append_entry(beginning("a"), {});
  journal.append_entry(line("b", 7, 3s, event::Note{"x"}), {});
  CHECK(told(journal) == Words{"b missing 0-3", "b x"});
  CHECK(journal.scenario_of(journal.events().back()).empty());
}

TEST_CASE("stream: what comes after a moment is left out, but not what it says about before") {
  const auto exchange = [](std::uint64_t number) {
    Event event{1s, 1, 1, event::Exchange{}};
    event.node = "a";
    auto& asked = std::get<event::Exchange>(event.body);
    asked.stage = scenario::Stage::message;
    asked.code = 250;
    asked.reply = "250 Ok\r\n";
    asked.answered = 1s;
    std::string text;
    encode(event, number, text);
    return text;
  };
  const auto sending = [](std::uint64_t number) {
    Event event{5s, 1, 1, event::Sending{8}};
    event.node = "a";
    std::string text;
    encode(event, number, text);
    return text;
  };
  Journal journal;
  journal.append_entry(
      beginning("a") + exchange(3) + sending(4) + line("a", 5, 6s, event::Note{"x"}), {});
  journal.append_entry(
      beginning("b") + line("b", 3, 2s, event::Note{"y"}) + line("b", 9, 7s, event::Note{"z"}), {});
  journal.append_entry(beginning("c") + line("c", 3, 8s, event::Note{"died"}), {});
  CHECK(journal.last_moment() == 8s);
  journal.end_without_word("c");
  journal.put_in_order();
  journal.cut_after(4s);
  CHECK(told(journal) == Words{"b y", "b missing 2-4", "c rest 4-4"});
  for (const Event& event : journal.events())
    if (const auto* asked = std::get_if<event::Exchange>(&event.body)) CHECK_FALSE(asked->answered);
  CHECK(journal.server_of(journal.events().front()) != nullptr);
}

TEST_CASE("stream: an end that replaces an earlier one is the only one of its session") {
  const auto of = [](std::uint64_t session, std::uint64_t number, const Body& body) {
    Event event{Moment(number), session, 1, body};
    event.node = "a";
    std::string text;
    encode(event, number, text);
    return text;
  };
  event::Disconnect quit;
  quit.by = event::EndedBy::client_quit;
  event::Disconnect lost;
  lost.by = event::EndedBy::store_lost;
  lost.instead = true;
  Journal journal;
  journal.append_entry(beginning("a") + of(1, 3, event::Connect{}) + of(2, 4, event::Connect{}) +
                           of(2, 5, quit) + of(1, 6, quit),
                       {});
  journal.append_entry(of(1, 7, event::Sending{17}) + of(1, 8, lost), {});
  std::vector<std::pair<std::uint64_t, event::EndedBy>> ends;
  for (const Event& event : journal.events())
    if (const auto* end = std::get_if<event::Disconnect>(&event.body))
      ends.emplace_back(event.session, end->by);
  CHECK(ends == decltype(ends){{2, event::EndedBy::client_quit}, {1, event::EndedBy::store_lost}});
}

TEST_CASE("stream: after the last event of a server that died comes one that says so") {
  Journal journal;
  journal.append_entry(beginning("a") + line("a", 3, 5s, event::Note{"x"}), {});
  journal.append_entry(beginning("b") + line("b", 3, 9s, event::Note{"y"}), {});
  journal.end_without_word("a");
  journal.put_in_order();
  CHECK(told(journal) == Words{"a x", "a rest 5-5", "b y"});
}

TEST_CASE("stream: moments of a server whose clock is behind are told by the others'") {
  Journal journal;
  journal.append_entry(beginning("a") + line("a", 3, 60s, event::Note{"x"}), {});
  event::Exchange exchange;
  exchange.stage = scenario::Stage::mail;
  exchange.asked = 2s;
  exchange.answered = 3s;
  exchange.reply = "250 Ok\r\n";
  journal.append_entry(beginning("b") + line("b", 3, 3s, exchange), 58s);
  const Event& event = journal.events().back();
  CHECK(event.time == 61s);
  CHECK(std::get<event::Exchange>(event.body).asked == 60s);
  CHECK(std::get<event::Exchange>(event.body).answered == 61s);
}

TEST_CASE("clocks: a clock is behind where all later entries of its server are") {
  const std::vector<Sent> entries = {{"a", 10s}, {"b", 10s},  {"a", 100s}, {"b", 40s},
                                     {"b", 41s}, {"a", 101s}, {"b", 43s}};
  CHECK(clocks_behind(entries, 1s) == std::vector<Duration>{0s, 0s, 0s, 58s, 58s, 0s, 58s});
}

TEST_CASE("clocks: an entry that was on its way for long says nothing of a clock") {
  const std::vector<Sent> entries = {{"a", 10s}, {"a", 100s}, {"b", 40s}, {"b", 101s}};
  CHECK(clocks_behind(entries, 1s) == std::vector<Duration>(4, 0s));
}

TEST_CASE("clocks: what is usual counts as nothing") {
  const std::vector<Sent> entries = {{"a", 10s}, {"b", 9s}, {"a", 12s}, {"b", 11s}};
  CHECK(clocks_behind(entries, 1s) == std::vector<Duration>(4, 0s));
  CHECK(clocks_behind(entries, 999ms) == std::vector<Duration>{0s, 1s, 0s, 1s});
}

TEST_CASE("withdrawal: acceptances become notes with their numbers") {
  Event accepted{4s, 7, 1, event::Accepted{2}};
  accepted.node = "a";
  std::string lines = line("a", 1, 1s, event::Note{"\"event\":\"accepted\""});
  encode(accepted, 2, lines);
  lines += line("a", 3, 5s, event::Note{"after"});
  encode(accepted, 4, lines);
  std::string unchanged = line("a", 1, 1s, event::Note{"x"});
  withdraw_acceptances(lines);
  const Journal journal = Journal::decode(lines);
  CHECK(journal.bad_lines().empty());
  const std::string note = "a " + std::string(not_accepted);
  CHECK(told(journal) == Words{"a \"event\":\"accepted\"", note, "a after", note});
  CHECK(journal.events()[1].sequence == 2);
  CHECK(journal.events()[1].session == 7);
  CHECK(journal.events()[1].time == 4s);
  const std::string before = unchanged;
  withdraw_acceptances(unchanged);
  CHECK(unchanged == before);
}
