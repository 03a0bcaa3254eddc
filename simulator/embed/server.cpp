// The public face of control/: values of the standard library in and out, and no sockets in its header.
#include "tempfail/server.hpp"
#include "base/ascii.hpp"

#include "control/composed.hpp"
#include "control/refusal.hpp"
#include "embed/runtime.hpp"
#include "scenario/glob.hpp"
#include "scenario/hosts.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace tempfail {

namespace {

using control::ManagedServer;
using control::ManagedServerPtr;

/// A server lives as long as its object.
constexpr std::chrono::hours lease{24};

control::TlsOverride tls_of(const std::string& word) {
  if (word.empty()) return control::TlsOverride::as_scenario;
  if (word == "starttls") return control::TlsOverride::starttls;
  if (word == "implicit") return control::TlsOverride::implicit;
  throw Error(Error::Kind::refused, "`tls` " + word + " is not known; allowed: starttls, implicit");
}

control::ServerRequest request_of(const std::string& scenario, const Options& options) {
  control::ServerRequest request;
  request.scenario = scenario;
  request.manual_clock = options.manual_clock;
  request.time_scale = options.time_scale;
  request.seed = options.seed;
  request.tls = tls_of(options.tls);
  request.auth = options.auth;
  request.tls_policy = options.tls_policy;
  request.role = options.role;
  request.without = options.without;
  request.queue_lifetime = options.queue_lifetime;
  request.lease = lease;
  return request;
}

/// What a control says no with is an Error here.
template <typename Work>
auto told(Work&& work) {
  try {
    return work();
  } catch (const control::Refusal& refusal) {
    throw Error(Error::Kind::refused, refusal.text());
  }
}

Verdict verdict_of(const std::string& report) {
  const auto json = nlohmann::json::parse(report);
  const auto& of = json.at("cases").at(0);
  Verdict verdict;
  verdict.passed = json.at("result") == "ok";
  verdict.answer = of.at("answer");
  verdict.why = of.at("why");
  if (verdict.why.empty()) verdict.why = json.value("remark", "");
  verdict.guessed = of.at("guessed");
  for (const auto& finding : of.at("findings"))
    if (finding.at("outcome") == "fail" && finding.at("level") == "must")
      verdict.failures.push_back(finding.at("rule"));
  return verdict;
}

} // namespace

std::optional<std::string> Accepted::header(const std::string& name) const {
  std::string found;
  bool inside = false;
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t end = std::min(content.find("\r\n", at), content.size());
    const std::string_view line(content.data() + at, end - at);
    at = end + 2;
    const bool folded = line.starts_with(' ') || line.starts_with('\t');
    if (inside && !folded) break;
    if (line.empty()) break;
    const std::size_t colon = std::min(line.find(':'), line.size());
    if (folded && inside) {
      found += line;
    } else if (!folded && base::equal_ignoring_case(line.substr(0, colon), name)) {
      inside = true;
      found = line.substr(std::min(line.find_first_not_of(" \t", colon + 1), line.size()));
    }
  }
  return inside ? std::optional(found) : std::nullopt;
}

struct Server::Impl {
  Impl(const std::string& scenario, const Options& options) {
    const control::ServerRequest request = request_of(scenario, options);
    managed_server =
        told([&] { return runtime->on_loop([&] { return runtime->servers().create(request); }); });
    const control::ServedScenario& served = managed_server->served().front();
    name = served.scenario->name;
    host = served.endpoint.address;
    port = served.endpoint.port;
  }
  ~Impl() {
    try {
      runtime->on_loop([this] {
        runtime->servers().remove(managed_server->id());
        managed_server.reset();
      });
    } catch (const control::Refusal&) { // its lease has ended
      runtime->on_loop([this] { managed_server.reset(); });
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// Calls it with the server, on the loop.
  template <typename Work>
  auto with_server(Work work) const {
    return told([&] { return runtime->on_loop([&] { return work(*managed_server); }); });
  }

  std::string report(bool as_text) const {
    control::VerdictRequest request;
    request.as_text = as_text;
    return told([&] {
      return runtime->answer_of<std::string>(
          [&](auto answer) { managed_server->verdict(request, std::move(answer)); });
    });
  }

  [[noreturn]] void throw_late(std::size_t seen, std::size_t count, const std::string& what,
                               std::chrono::milliseconds wait, const std::string& said) const {
    throw Error(Error::Kind::not_in_time, name + ": " + std::to_string(seen) + " of " +
                                              std::to_string(count) + " " + what + " in " +
                                              std::to_string(wait.count()) + "ms\n" + said);
  }

  std::shared_ptr<embed::Runtime> runtime = embed::Runtime::get();
  ManagedServerPtr managed_server;
  std::string name;
  std::string host;
  std::uint16_t port = 0;
};

Server::Server(const std::string& scenario, const Options& options)
    : impl_(std::make_unique<Impl>(scenario, options)) {}

Server::~Server() = default;

const std::string& Server::scenario() const {
  return impl_->name;
}

const std::string& Server::host() const {
  return impl_->host;
}

std::uint16_t Server::port() const {
  return impl_->port;
}

std::string Server::address() const {
  return host() + ":" + std::to_string(port());
}

std::string Server::ca() const {
  return impl_->with_server([](ManagedServer& server) { return server.view().ca; });
}

void Server::advance(std::chrono::microseconds by) {
  impl_->with_server([by](ManagedServer& server) {
    server.advance(
        by, [](Moment, const std::string&) {}); // nobody shares its clock: it is moved at once
  });
}

void Server::reset() {
  impl_->with_server([](ManagedServer& server) { server.reset({}); });
}

void Server::set_queue(bool runs) {
  impl_->with_server([runs](ManagedServer& server) { server.set_queue({}, runs); });
}

std::vector<Accepted> Server::accepted(std::size_t count, std::chrono::milliseconds wait) const {
  const auto messages = told([&] {
    return impl_->runtime->answer_of<std::vector<control::KeptMessagePtr>>([&](auto answer) {
      impl_->managed_server->wait_for_messages(
          {}, count, wait, [answer](control::WaitEnd, std::vector<control::KeptMessagePtr> list) {
            answer(std::move(list));
          });
    });
  });
  if (messages.size() < count)
    impl_->throw_late(messages.size(), count, "messages", wait, dialogue());
  std::vector<Accepted> list;
  for (const control::KeptMessagePtr& message : messages)
    list.push_back({message->view.id, message->view.sender, message->view.recipients,
                    std::string(message->content)});
  return list;
}

std::vector<Try> Server::tries(std::size_t count, std::chrono::milliseconds wait) const {
  const auto views = told([&] {
    return impl_->runtime->answer_of<std::vector<control::TryView>>([&](auto answer) {
      impl_->managed_server->wait_for_tries(
          {}, count, wait, [answer](control::WaitEnd, std::vector<control::TryView> list) {
            answer(std::move(list));
          });
    });
  });
  if (views.size() < count) impl_->throw_late(views.size(), count, "tries", wait, dialogue());
  std::vector<Try> list;
  for (const control::TryView& view : views)
    list.push_back({view.recipient, view.sender, std::string(view.result), view.code, view.reply,
                    view.begin, view.end});
  return list;
}

std::string Server::dialogue() const {
  return impl_->runtime->answer_of<std::string>(
      [this](auto answer) { impl_->managed_server->dialogue(std::move(answer)); });
}

std::string Server::expect(const std::string& sender, const std::vector<std::string>& recipients,
                           const std::string& message) {
  control::HandoverRequest request;
  request.sender = sender;
  request.recipients = recipients;
  if (!message.empty()) request.content = control::with_crlf(message);
  return impl_->with_server([&](ManagedServer& server) { return server.hand_over(request).id; });
}

Task Server::compose() {
  control::ComposedView view =
      impl_->with_server([](ManagedServer& server) { return server.compose({}); });
  return {std::move(view.sender),  std::move(view.recipients), std::move(view.parameters),
          std::move(view.content), std::move(view.user),       std::move(view.password)};
}

void Server::report(const Outcome& outcome) {
  impl_->with_server([&](ManagedServer& server) {
    server.add_result({"", outcome.recipient, outcome.result, outcome.code, outcome.status});
  });
}

Verdict Server::judge() const {
  Verdict verdict = verdict_of(impl_->report(false));
  verdict.text = impl_->name + (verdict.passed ? ": ok\n" : ": " + verdict.answer + "\n") +
                 impl_->report(true) + "\n" + dialogue();
  return verdict;
}

std::vector<std::string> scenarios(const std::vector<std::string>& patterns) {
  const std::shared_ptr<embed::Runtime> runtime = embed::Runtime::get();
  const auto all = runtime->on_loop([&] { return runtime->scenarios().all(); });
  const auto fits = [](const scenario::Scenario& one, const std::string& pattern) {
    return pattern == one.family || scenario::glob_matches(pattern, one.name) ||
           scenario::glob_matches(pattern, one.id());
  };
  for (const std::string& pattern : patterns)
    if (std::none_of(all.begin(), all.end(), [&](const auto& one) { return fits(*one, pattern); }))
      throw Error(Error::Kind::other, "no scenario matches '" + pattern +
                                          "'; allowed: a name, a family or a glob (tempfail list)");
  std::vector<std::string> names;
  for (const scenario::ScenarioPtr& one : all)
    if (!scenario::needs_name_server(*one) && !scenario::needs_router(*one) &&
        std::any_of(patterns.begin(), patterns.end(),
                    [&](const auto& pattern) { return fits(*one, pattern); }))
      names.push_back(one->id());
  return names;
}

} // namespace tempfail
