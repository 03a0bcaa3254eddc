// One server under control: its clock, its state, its journal, what arrived, and who waits for it. Everything on the
// loop's one thread; what takes long is done elsewhere and answered there.
#pragma once

#include "control/clock_by_hand.hpp"
#include "control/kept_messages.hpp"
#include "control/limits.hpp"
#include "control/memory_journal.hpp"
#include "control/run_journal.hpp"
#include "control/values.hpp"
#include "control/waits.hpp"
#include "net/clock.hpp"
#include "net/server.hpp"
#include "scenario/mix.hpp"
#include "scenario/model.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
class thread_pool;
} // namespace boost::asio

namespace tempfail::net {
class NameServer;
}

namespace tempfail::control {

/// What all servers under control share. It outlives them.
struct ControlContext {
  boost::asio::io_context& loop;
  boost::asio::thread_pool& workers; ///< judge; they end before the loop does
  Limits limits;
  std::string version; ///< of the program
};

/// A scenario and where it, or one of its hosts, listens. One of a mix has no port of its own: 0.
struct ServedScenario {
  scenario::ScenarioPtr scenario;
  net::Endpoint endpoint;
};

/// What a server under control is made of. All of it outlives the server, or `owned` keeps it.
struct ManagedServerParts {
  net::Server& server;
  net::Clock& clock;
  net::ManualClock* manual; ///< null: the clock runs by itself
  MemoryJournal& journal;
  std::uint64_t seed = 1;
  std::vector<ServedScenario> served;       ///< those of one scenario together
  std::optional<net::Endpoint> shared_port; ///< the port on which the recipient chooses
  /// Is called with each accepted message, too, before its reply leaves; nothing: nobody is.
  std::function<void(const session::AcceptedMail&)> on_accepted = nullptr;
  bool offers_auth = false;         ///< whatever its scenarios say
  net::NameServer* names = nullptr; ///< that leads to its hosts; null: none does
  /// Reads the file of a mix; nothing: the server serves none, or it can't be changed.
  std::function<scenario::MixResult(std::string_view text, const std::string& file)> read_mix =
      nullptr;
  /// Where verdicts and dialogues are read from; null: `journal` is all there is.
  RunJournal* run_journal = nullptr;
  SharedClock* shared_clock =
      nullptr; ///< moves `manual` and those of others; null: it is moved alone
  std::shared_ptr<void> owned = nullptr; ///< destroyed last
};

class ManagedServer : public std::enable_shared_from_this<ManagedServer> {
 public:
  /// `lease`: how long it stays without a word from anybody; nothing: as long as the program runs.
  ManagedServer(std::string id, ManagedServerParts parts, const ControlContext& surroundings,
                std::optional<std::chrono::seconds> lease);
  ~ManagedServer();
  ManagedServer(const ManagedServer&) = delete;
  ManagedServer& operator=(const ManagedServer&) = delete;

  const std::string& id() const;
  ServerView view() const;
  const std::vector<ServedScenario>& served() const;
  const MemoryJournal& journal() const;

  // --- Steering. What clients have sent before is handled first. Each throws Refusal.

  /// Moves a manual clock. What that sets off has been sent when `done` is called, once, from the loop or from within
  /// this; `problem`: why it is not known that all servers that share the clock have moved; empty: they have.
  void advance(Duration by, std::function<void(Moment now, const std::string& problem)> done);
  /// A scenario's state as it was before its first contact; empty: of all.
  void reset(const std::string& scenario);
  /// Stops or starts the queue of a scenario; empty: of the only one.
  void set_queue(const std::string& scenario, bool runs);
  /// A place in the journal that verdicts and filters may begin at; a label that is known moves here. Its position.
  std::uint64_t mark(const std::string& label);

  // --- Its mix.

  bool serves_mix() const;
  /// Throws Refusal where it serves none.
  MixView mix() const;
  /// Draws by the mix that this file says from here on. Its mistakes, with nothing changed; none: it is changed. Throws
  /// Refusal.
  std::vector<scenario::Mistake> change_mix(std::string_view text, const std::string& file);

  // --- What arrived. A filter throws Refusal for a mark that is not known.

  std::vector<KeptMessagePtr> messages(const Filter& filter) const;
  /// Throws Refusal.
  KeptMessagePtr message(const std::string& id) const;
  void forget_messages();
  void forget_message(const std::string& id);

  // --- Its name server. Each throws Refusal where there is none.

  NameServerView names() const;
  /// A name that no scenario is about has this address of IPv4 from here on.
  void set_name(const std::string& name, const std::string& address);
  void remove_name(const std::string& name);

  // --- Waiting. Each calls back once, from the loop, unless cancelled; not before it has returned.

  using WaitId = Waits::Id;
  /// Until `least` messages are there, or the real time is up.
  WaitId wait_for_messages(const Filter& filter, std::size_t least, std::chrono::milliseconds most,
                           std::function<void(WaitEnd, std::vector<KeptMessagePtr>)> done);
  /// Until the sender has made so many tries.
  WaitId wait_for_tries(const Filter& filter, std::size_t least, std::chrono::milliseconds most,
                        std::function<void(WaitEnd, std::vector<TryView>)> done);
  /// Until the name server was asked so many queries.
  WaitId wait_for_queries(const QueryFilter& filter, std::size_t least,
                          std::chrono::milliseconds most,
                          std::function<void(WaitEnd, std::vector<QueryView>)> done);
  /// Until the journal goes beyond this position.
  WaitId wait_for_events(std::uint64_t position, std::chrono::milliseconds most,
                         std::function<void(WaitEnd)> done);
  void cancel(WaitId id);

  // --- Judging.

  HandoverView hand_over(const HandoverRequest& request);
  /// Composes the message that a scenario asks for (empty: the only one), and hands it over.
  ComposedView compose(const std::string& scenario);
  void add_result(const ResultRequest& request);
  /// The report as `tempfail judge` has it, with what happened up to now; calls back once, from the loop. With a
  /// RunJournal it is about all servers of the run, and can't begin at a mark: Refusal.
  void verdict(const VerdictRequest& request, std::function<void(std::string)> done);

  /// What was said in all sessions so far, as `tempfail log` prints it; calls back once, from the loop.
  void dialogue(std::function<void(std::string)> done);

  // --- Its life.

  /// Somebody has named it: its lease begins anew.
  void renew();
  bool is_leased() const;
  /// When its lease has run out; nothing: never, or not while somebody waits for it.
  std::optional<std::chrono::steady_clock::time_point> expires() const;
  /// Who waits is told that it is gone; its sessions hear 421; `done` is called when none is left.
  void close(std::function<void()> done);

 private:
  struct Impl;
  void look();

  std::shared_ptr<void> owned_; ///< destroyed last
  std::unique_ptr<Impl> impl_;
};
using ManagedServerPtr = std::shared_ptr<ManagedServer>;

} // namespace tempfail::control
