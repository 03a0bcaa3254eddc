// A store in memory with something of a test's own before each question that has an answer to wait for.
#pragma once

#include "state/memory_store.hpp"

#include <functional>
#include <utility>

namespace tempfail::test {

class RelayedStore final : public state::Store {
 public:
  RelayedStore(scenario::ScenarioPtr scenario, std::function<void()> before)
      : store_(std::move(scenario)), before_(std::move(before)) {}

  Moment first_contact(Moment now) override { return asked().first_contact(now); }
  state::Connections connected(std::string_view client, Moment now) override {
    return asked().connected(client, now);
  }
  void disconnected(std::string_view client) override { store_.disconnected(client); }
  state::Connections connections(std::string_view client) override {
    return asked().connections(client);
  }
  state::RuleCount count(std::string_view key, state::WindowStart since, Moment now) override {
    return asked().count(key, since, now);
  }
  std::uint64_t next_draw_number() override { return asked().next_draw_number(); }
  bool greylist_early(std::string_view triplet, Moment now) override {
    return asked().greylist_early(triplet, now);
  }
  state::FillLevel spool(Moment now) override { return asked().spool(now); }
  state::Mailbox mailbox(std::string_view key, Moment now) override {
    return asked().mailbox(key, now);
  }
  state::FillLevel used_rate(std::string_view key) override { return asked().used_rate(key); }
  void count_against_rate(std::string_view key, Moment now) override {
    asked().count_against_rate(key, now);
  }
  state::QueueView queue(Moment now) override { return asked().queue(now); }
  void switch_queue(bool stopped) override { store_.switch_queue(stopped); }
  void accepted(std::uint64_t bytes, std::span<const std::string> mailboxes, Moment now) override {
    asked().accepted(bytes, mailboxes, now);
  }
  void reset() override { store_.reset(); }

 private:
  state::MemoryStore& asked() {
    before_();
    return store_;
  }
  state::MemoryStore store_;
  std::function<void()> before_;
};

} // namespace tempfail::test
