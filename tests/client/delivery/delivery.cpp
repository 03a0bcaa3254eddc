// The harness around the deliverer.
#include "client/delivery/delivery.hpp"

#include "support/catch.hpp"

#include <utility>

namespace tempfail::client::test {

using namespace std::chrono_literals;

std::string Outcome::of(std::size_t recipient) const {
  const RecipientResult& result = report.results.at(recipient);
  return std::string(name(result.fate)) + ' ' + std::string(name(result.failure)) + ' ' +
         std::string(name(result.stage)) + ' ' + result.status.text() +
         (result.in_doubt ? " in-doubt" : "");
}

std::string Outcome::tries() const {
  std::string text;
  for (const HostTry& each : report.tries) {
    text += (text.empty() ? "" : "; ") + each.host + ' ' + std::string(name(each.failure)) +
            (each.dead_reused_connection ? " (dead)" : "");
  }
  return text;
}

Delivery::Delivery(DelivererOptions options, double time_scale) {
  options.helo_name = "client.test";
  options.time_scale = time_scale;
  deliverer_ = make_smtp_deliverer(context_, std::move(options));
}

Delivery::~Delivery() {
  deliverer_->close_idle();
  context_.restart();
  context_.run_for(10s);
}

std::shared_ptr<Outcome> Delivery::start(const DeliverySettings& settings,
                                         std::vector<std::string> recipients, std::string content) {
  const auto outcome = std::make_shared<Outcome>();
  std::vector<Recipient> list;
  for (std::string& address : recipients) {
    list.push_back({.address = std::move(address)});
  }
  const Message message = {.id = message_id,
                           .sender = "a@client.test",
                           .content = std::make_shared<const std::string>(std::move(content)),
                           .requiretls = requiretls};
  AttemptCallbacks callbacks;
  callbacks.committing = [this, outcome](std::span<const std::size_t> who, std::string_view) {
    std::string text = "committing";
    for (const std::size_t each : who) {
      text += ' ' + std::to_string(each);
    }
    outcome->order.push_back(text);
    return may_commit;
  };
  callbacks.settled = [outcome](std::size_t who, const RecipientResult&) {
    outcome->order.push_back("settled " + std::to_string(who));
  };
  callbacks.finished = [this, outcome](const AttemptReport& report) {
    outcome->order.emplace_back("finished");
    outcome->report = report;
    --open_;
  };
  ++open_;
  deliverer_->attempt(message, list, settings, std::move(callbacks));
  CHECK(outcome->order.empty()); // never from inside the call
  return outcome;
}

void Delivery::wait_until(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!done()) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    context_.restart();
    context_.run_one_for(100ms);
  }
}

void Delivery::run() {
  wait_until([this] { return open_ == 0; });
}

Outcome Delivery::send(const DeliverySettings& settings, std::vector<std::string> recipients,
                       std::string content) {
  const auto outcome = start(settings, std::move(recipients), std::move(content));
  run();
  return *outcome;
}

DeliverySettings to_port(std::uint16_t port) {
  DeliverySettings settings;
  settings.next_hop = {.host = "127.0.0.1", .port = port};
  settings.tls = TlsMode::never;
  return settings;
}

DeliverySettings by_mx(std::uint16_t port) {
  DeliverySettings settings;
  settings.next_hop = {.port = port};
  settings.tls = TlsMode::never;
  return settings;
}

} // namespace tempfail::client::test
