// Performs what is asked of a server, and answers those who wait for it.
#include "control/managed_server.hpp"

#include "control/change_states.hpp"
#include "control/composed.hpp"
#include "control/handovers.hpp"
#include "control/journal_examiner.hpp"
#include "control/mix_view.hpp"
#include "control/name_server_control.hpp"
#include "control/refusal.hpp"
#include "control/resolved_filter.hpp"
#include "net/name_server.hpp"
#include "scenario/closest.hpp"
#include "state/server_state.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace tempfail::control {

namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::vector<scenario::ScenarioPtr> scenarios_of(const std::vector<ServedScenario>& served) {
  std::vector<scenario::ScenarioPtr> scenarios;
  for (const ServedScenario& one : served)
    if (scenarios.empty() || scenarios.back() != one.scenario) scenarios.push_back(one.scenario);
  return scenarios;
}

} // namespace

struct ManagedServer::Impl {
  Impl(std::string the_id, ManagedServerParts the_parts, const ControlContext& the_surroundings,
       std::optional<std::chrono::seconds> the_lease)
      : id(std::move(the_id)), parts(std::move(the_parts)), surroundings(the_surroundings),
        lease(the_lease), scenarios(scenarios_of(parts.served)), kept(surroundings.limits),
        handovers(surroundings.limits), names(parts.names, scenarios, surroundings.limits),
        examiner(surroundings.loop, surroundings.workers, scenarios, surroundings.version,
                 parts.run_journal),
        waits(surroundings.loop, surroundings.limits.waits), renewed(Steady::now()) {}

  const ServedScenario& find(const std::string& scenario) const {
    if (scenario.empty() && scenarios.size() == 1) return parts.served.front();
    if (scenario.empty())
      throw Refusal(RefusalKind::invalid, "there are " + std::to_string(scenarios.size()) +
                                              " scenarios on this server, and none is named");
    std::vector<std::string_view> known;
    for (const ServedScenario& one : parts.served) {
      if (one.scenario->name == scenario || one.scenario->id() == scenario) return one;
      known.push_back(one.scenario->name);
    }
    const std::vector<std::string> near = scenario::closest(scenario, known, 1);
    throw Refusal(RefusalKind::unknown,
                  "no scenario " + scenario + " is served" +
                      (near.empty() ? "" : "; did you mean " + near.front() + "?"));
  }

  /// What clients have sent up to now is in the journal after this.
  void record_all() {
    parts.server.catch_up();
    parts.journal.flush();
  }

  /// These are served from here on as well, in place of those with their names.
  void serve(const std::vector<scenario::ScenarioPtr>& more) {
    for (const scenario::ScenarioPtr& one : more) {
      const auto has_its_name = [&](const ServedScenario& other) {
        return other.scenario->name == one->name;
      };
      const auto same = std::find_if(parts.served.begin(), parts.served.end(), has_its_name);
      if (same == parts.served.end())
        parts.served.push_back({one, {}});
      else
        same->scenario = one;
    }
    scenarios = scenarios_of(parts.served);
    examiner.set_scenarios(scenarios);
  }

  const MarkPosition& mark_of(const std::string& label) const {
    const auto found = std::find_if(marks.begin(), marks.end(),
                                    [&](const MarkPosition& one) { return one.label == label; });
    if (found == marks.end()) throw Refusal(RefusalKind::unknown, "there is no mark " + label);
    return *found;
  }

  ResolvedFilter wanted(const Filter& filter) const {
    return {wire::comparable_address(filter.recipient), wire::comparable_address(filter.sender),
            filter.since.empty() ? 0 : mark_of(filter.since).position, filter.last};
  }

  void record(std::uint32_t server, const journal::Body& body) {
    parts.journal.record({parts.clock.now(), 0, server, body});
    parts.journal.flush();
  }
  std::string scenario_of(std::uint32_t number) const {
    if (number == 0) return {};
    for (const scenario::ScenarioPtr& scenario : scenarios)
      if (parts.server.number(scenario->name) == number) return scenario->name;
    return {};
  }
  std::uint32_t number_of(const std::string& scenario) const {
    return parts.server.number(find(scenario).scenario->name);
  }

  static bool covers(const ResolvedFilter& filter, const KeptMessagePtr& message) {
    return filter.covers(message->view);
  }
  static bool covers(const ResolvedFilter& filter, const TryView& attempt) {
    return filter.covers(attempt);
  }
  template <typename All>
  static std::size_t count_of(const All& all, const ResolvedFilter& filter) {
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [&](const auto& one) { return covers(filter, one); }));
  }
  /// Those that are meant. Who asks for the latest does not pay for all.
  template <typename All>
  static auto chosen(const All& all, const ResolvedFilter& filter) {
    std::vector<typename All::value_type> list;
    for (auto one = all.rbegin(); one != all.rend(); ++one) {
      if (!covers(filter, *one)) continue;
      list.push_back(*one);
      if (list.size() == filter.last) break;
    }
    std::reverse(list.begin(), list.end());
    return list;
  }
  std::vector<KeptMessagePtr> messages(const ResolvedFilter& filter) const {
    return chosen(kept.all(), filter);
  }
  std::vector<TryView> tries_of(const ResolvedFilter& filter) const {
    return chosen(*tries, filter);
  }

  const std::string id;
  ManagedServerParts parts;
  const ControlContext& surroundings;
  const std::optional<std::chrono::seconds> lease;
  std::vector<scenario::ScenarioPtr> scenarios;
  KeptMessages kept;
  Handovers handovers;
  NameServerControl names;
  std::vector<MarkPosition> marks;
  JournalExaminer examiner;
  JournalExaminer::Tries tries =
      std::make_shared<const std::vector<TryView>>(); ///< as examined last
  std::set<WaitId> waits_for_tries;
  bool examining = false;
  bool examine_again = false; ///< something happened since the examination under way began
  bool look_pending = false;
  Waits waits;
  Steady::time_point renewed;
  bool closed = false;
};

ManagedServer::ManagedServer(std::string id, ManagedServerParts parts,
                             const ControlContext& surroundings,
                             std::optional<std::chrono::seconds> lease)
    : owned_(parts.owned),
      impl_(std::make_unique<Impl>(std::move(id), std::move(parts), surroundings, lease)) {
  impl_->parts.server.on_accepted([impl = impl_.get()](session::AcceptedMail mail) {
    if (impl->parts.on_accepted) impl->parts.on_accepted(mail);
    impl->kept.add(std::move(mail), impl->parts.clock.now(), net::unix_microseconds(),
                   impl->parts.journal.position());
  });
  if (impl_->names.is_there())
    impl_->parts.journal.on_event(
        [impl = impl_.get()](const journal::Event& event, std::uint64_t position) {
          impl->names.note(event, position,
                           [impl](std::uint32_t number) { return impl->scenario_of(number); });
        });
  // From the loop: the journal is written in the middle of what its server does.
  impl_->parts.journal.on_growth([this] {
    if (impl_->waits.empty() || std::exchange(impl_->look_pending, true)) return;
    boost::asio::post(impl_->surroundings.loop, [self = weak_from_this()] {
      if (const auto server = self.lock()) server->look();
    });
  });
}

ManagedServer::~ManagedServer() {
  impl_->parts.journal.on_event(nullptr);
  impl_->parts.server.on_accepted(nullptr);
  impl_->parts.journal.on_growth(nullptr);
}

const std::string& ManagedServer::id() const {
  return impl_->id;
}

const std::vector<ServedScenario>& ManagedServer::served() const {
  return impl_->parts.served;
}

const MemoryJournal& ManagedServer::journal() const {
  return impl_->parts.journal;
}

ServerView ManagedServer::view() const {
  const ManagedServerParts& parts = impl_->parts;
  ServerView view;
  view.id = impl_->id;
  for (const scenario::ScenarioPtr& scenario : impl_->scenarios)
    view.scenarios.push_back(scenario->name);
  for (const ServedScenario& one : parts.served)
    if (one.endpoint.port != 0)
      view.endpoints.push_back({one.endpoint, parts.server.open_sessions(one.scenario->name)});
  if (parts.shared_port)
    view.endpoints.push_back({*parts.shared_port, parts.server.open_sessions("*")});
  view.manual_clock = parts.manual != nullptr;
  view.time_scale = parts.clock.scale();
  view.now = parts.clock.now();
  view.seed = parts.seed;
  view.ca = parts.server.certificate_authority_pem();
  if (impl_->names.is_there()) view.names = impl_->names.place();
  if (impl_->lease) {
    const auto passed =
        std::chrono::duration_cast<std::chrono::seconds>(Steady::now() - impl_->renewed);
    view.lease =
        LeaseView{*impl_->lease, std::max(*impl_->lease - passed, std::chrono::seconds(0))};
  }
  view.totals = parts.server.totals();
  view.journal_position = parts.journal.position();
  view.journal_lost = parts.journal.lost();
  view.messages = impl_->kept.all().size();
  view.messages_dropped = impl_->kept.dropped();
  return view;
}

void ManagedServer::advance(Duration by, std::function<void(Moment, const std::string&)> done) {
  ManagedServerParts& parts = impl_->parts;
  if (parts.manual == nullptr)
    throw Refusal(RefusalKind::conflict, "the clock is not manual",
                  "a server with a manual clock (serve --clock manual, \"clock\": \"manual\")");
  if (by < Duration::zero() || by > scenario::longest_duration ||
      parts.clock.now() > scenario::longest_duration)
    throw Refusal(RefusalKind::invalid, "the clock can't be moved by that", "0s to 3660d");
  if (parts.shared_clock == nullptr) {
    move_clock(*parts.manual, parts.server, parts.journal, by);
    return done(parts.clock.now(), {});
  }
  parts.shared_clock->advance(
      by, [self = weak_from_this(), done = std::move(done)](const auto& problem) {
        if (const auto server = self.lock()) done(server->impl_->parts.clock.now(), problem);
      });
}

void ManagedServer::reset(const std::string& scenario) {
  ManagedServerParts& parts = impl_->parts;
  const std::string only = scenario.empty() ? std::string() : impl_->find(scenario).scenario->name;
  parts.server.catch_up();
  for (const scenario::ScenarioPtr& one : impl_->scenarios)
    if (only.empty() || one->name == only)
      change_states([&] { parts.server.reset_state(one->name); });
  parts.journal.flush();
}

void ManagedServer::set_queue(const std::string& scenario, bool runs) {
  const ServedScenario& served = impl_->find(scenario);
  if (!served.scenario->server.queue)
    throw Refusal(RefusalKind::conflict, "scenario " + served.scenario->name + " has no queue");
  impl_->parts.server.catch_up();
  for (state::ServerState* const state : impl_->parts.server.states(served.scenario->name))
    change_states([&] { runs ? state->start_queue() : state->stop_queue(); });
}

bool ManagedServer::serves_mix() const {
  return impl_->parts.read_mix != nullptr;
}

MixView ManagedServer::mix() const {
  if (!serves_mix()) refuse_without_mix();
  return view_of(*impl_->parts.server.mix());
}

std::vector<scenario::Mistake> ManagedServer::change_mix(std::string_view text,
                                                         const std::string& file) {
  if (!serves_mix()) refuse_without_mix();
  scenario::MixResult read = impl_->parts.read_mix(text, file);
  if (!read.mix) return std::move(read.mistakes);
  impl_->parts.server.catch_up();
  control::change_mix(impl_->parts.server, read.mix);
  impl_->parts.journal.flush();
  impl_->serve(scenario::scenarios_of(*read.mix));
  return {};
}

std::uint64_t ManagedServer::mark(const std::string& label) {
  if (label.empty() || label.size() > impl_->surroundings.limits.text)
    throw Refusal(RefusalKind::invalid, "`label` is not a valid label",
                  "1 to " + std::to_string(impl_->surroundings.limits.text) + " bytes");
  auto& marks = impl_->marks;
  std::erase_if(marks, [&](const MarkPosition& one) { return one.label == label; });
  if (marks.size() >= impl_->surroundings.limits.journal_marks)
    throw Refusal(RefusalKind::full,
                  "there are " + std::to_string(marks.size()) + " marks already");
  impl_->parts.server.catch_up();
  impl_->record(0, journal::event::JournalMark{label});
  marks.push_back({label, impl_->parts.journal.position()});
  return marks.back().position;
}

std::vector<KeptMessagePtr> ManagedServer::messages(const Filter& filter) const {
  return impl_->messages(impl_->wanted(filter));
}

KeptMessagePtr ManagedServer::message(const std::string& id) const {
  if (KeptMessagePtr found = impl_->kept.find(id)) return found;
  throw Refusal(RefusalKind::unknown, "there is no message " + id);
}

void ManagedServer::forget_messages() {
  impl_->kept.clear();
}

void ManagedServer::forget_message(const std::string& id) {
  impl_->kept.erase(id);
}

NameServerView ManagedServer::names() const {
  return impl_->names.view(view().endpoints);
}

void ManagedServer::set_name(const std::string& name, const std::string& address) {
  impl_->names.set(name, address);
}

void ManagedServer::remove_name(const std::string& name) {
  impl_->names.remove(name);
}

HandoverView ManagedServer::hand_over(const HandoverRequest& request) {
  HandoverRequest named = request;
  named.scenario = impl_->find(request.scenario).scenario->name;
  require_own_id(impl_->parts.run_journal, named.id);
  const std::uint32_t server = impl_->number_of(named.scenario);
  return impl_->handovers.add(named,
                              [&](const journal::Body& body) { impl_->record(server, body); });
}

ComposedView ManagedServer::compose(const std::string& scenario) {
  const scenario::Scenario& wanted = *impl_->find(scenario).scenario;
  require_own_id(impl_->parts.run_journal, {}); // composed messages are numbered
  const auto number = static_cast<std::uint32_t>(impl_->handovers.size() + 1);
  ComposedMessage composed = control::compose(wanted, number, impl_->parts.seed);
  hand_over(handover_of(composed, wanted.name));
  const auto login = credentials_of(wanted, impl_->parts.offers_auth).value_or(Credentials());
  return {std::move(composed.id),
          std::move(composed.sender),
          std::move(composed.recipients),
          std::move(composed.parameters),
          std::move(composed.message_id),
          std::move(composed.content),
          login.user,
          login.password};
}

void ManagedServer::add_result(const ResultRequest& request) {
  impl_->handovers.add_result(request, [&](const journal::Body& body) {
    const std::string id(std::get<journal::event::Result>(body).handover);
    impl_->record(impl_->number_of(impl_->handovers.scenario_of(id)), body);
  });
}

void ManagedServer::verdict(const VerdictRequest& request, std::function<void(std::string)> done) {
  VerdictRequest named = request;
  if (!request.scenario.empty()) named.scenario = impl_->find(request.scenario).scenario->name;
  const MarkPosition* since = request.since.empty() ? nullptr : &impl_->mark_of(request.since);
  if (since != nullptr) require_own_marks(impl_->parts.run_journal);
  impl_->record_all();
  impl_->examiner.verdict(impl_->parts.journal, named, since, std::move(done));
}

void ManagedServer::dialogue(std::function<void(std::string)> done) {
  impl_->record_all();
  impl_->examiner.dialogue(impl_->parts.journal, std::move(done));
}

ManagedServer::WaitId
ManagedServer::wait_for_messages(const Filter& filter, std::size_t least, milliseconds most,
                                 std::function<void(WaitEnd, std::vector<KeptMessagePtr>)> done) {
  Impl* const impl = impl_.get();
  const ResolvedFilter wanted = impl->wanted(filter);
  return impl->waits.add(
      most, [impl, wanted, least] { return Impl::count_of(impl->kept.all(), wanted) >= least; },
      [impl, wanted, done = std::move(done)](WaitEnd end) { done(end, impl->messages(wanted)); });
}

ManagedServer::WaitId
ManagedServer::wait_for_tries(const Filter& filter, std::size_t least, milliseconds most,
                              std::function<void(WaitEnd, std::vector<TryView>)> done) {
  Impl* const impl = impl_.get();
  const ResolvedFilter wanted = impl->wanted(filter);
  const auto examined = std::make_shared<bool>(false); // what was looked at before may be old
  const auto own = std::make_shared<WaitId>(0);
  const WaitId wait = impl->waits.add(
      most,
      [impl, wanted, least, examined] {
        return *examined && Impl::count_of(*impl->tries, wanted) >= least;
      },
      [impl, wanted, own, done = std::move(done)](WaitEnd end) {
        impl->waits_for_tries.erase(*own);
        done(end, impl->tries_of(wanted));
      });
  *own = wait;
  impl->waits_for_tries.insert(wait);
  impl->waits.hold(wait);
  impl->parts.journal.flush();
  impl->examiner.tries(impl->parts.journal,
                       [self = weak_from_this(), wait, examined](JournalExaminer::Tries tries) {
                         const auto server = self.lock();
                         if (!server) return;
                         *examined = true;
                         server->impl_->tries = std::move(tries);
                         server->impl_->waits.release(wait);
                         server->impl_->waits.look();
                       });
  return wait;
}

ManagedServer::WaitId
ManagedServer::wait_for_queries(const QueryFilter& filter, std::size_t least, milliseconds most,
                                std::function<void(WaitEnd, std::vector<QueryView>)> done) {
  Impl* const impl = impl_.get();
  const std::uint64_t after = filter.since.empty() ? 0 : impl->mark_of(filter.since).position;
  impl->names.queries(filter, after); // refuses at once where there is no name server
  return impl->waits.add(
      most,
      [impl, every = without_last(filter), after, least] {
        return impl->names.queries(every, after).size() >= least;
      },
      [impl, filter, after, done = std::move(done)](WaitEnd end) {
        done(end, impl->names.queries(filter, after));
      });
}

ManagedServer::WaitId ManagedServer::wait_for_events(std::uint64_t position, milliseconds most,
                                                     std::function<void(WaitEnd)> done) {
  Impl* const impl = impl_.get();
  return impl->waits.add(
      most, [impl, position] { return impl->parts.journal.position() > position; },
      std::move(done));
}

void ManagedServer::cancel(WaitId id) {
  impl_->waits_for_tries.erase(id);
  impl_->waits.cancel(id);
}

/// Something happened. Many events of one moment are one look, and what happens while the tries are examined is the
/// next one's.
void ManagedServer::look() {
  Impl& impl = *impl_;
  impl.look_pending = false;
  impl.waits.look();
  if (impl.waits_for_tries.empty()) return;
  if (std::exchange(impl.examining, true)) {
    impl.examine_again = true;
    return;
  }
  impl.examine_again = false;
  impl.examiner.tries(impl.parts.journal, [self = weak_from_this()](JournalExaminer::Tries tries) {
    const auto server = self.lock();
    if (!server) return;
    server->impl_->examining = false;
    server->impl_->tries = std::move(tries);
    server->impl_->waits.look();
    if (server->impl_->examine_again) server->look();
  });
}

void ManagedServer::renew() {
  impl_->renewed = Steady::now();
}

bool ManagedServer::is_leased() const {
  return impl_->lease.has_value();
}

std::optional<Steady::time_point> ManagedServer::expires() const {
  if (!impl_->lease || !impl_->waits.empty()) return std::nullopt;
  return impl_->renewed + *impl_->lease;
}

void ManagedServer::close(std::function<void()> done) {
  if (std::exchange(impl_->closed, true)) return;
  impl_->waits.end_all();
  impl_->parts.server.stop(std::move(done));
  if (impl_->parts.names != nullptr) impl_->parts.names->stop();
}

} // namespace tempfail::control
