// One client's socket: performs a session's effects in order, on TCP and TLS, and notices what the
// client does.
#pragma once

#include "journal/owned_event.hpp"
#include "net/connection_state.hpp"
#include "net/server_context.hpp"
#include "state/stores.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tempfail::net {

/// What is to be recorded when it happens, behind a wait.
using RecordLater = std::unique_ptr<journal::OwnedEvent>;
/// What is to be kept then.
using KeepLater = std::unique_ptr<session::AcceptedMail>;

/// An effect that could not be performed at once.
using PendingEffect =
    std::variant<session::effect::Write, session::effect::Drip, session::effect::Wait,
                 session::effect::Stall, session::effect::StopReading, session::effect::Close,
                 session::effect::Reset, session::effect::HalfClose, session::effect::AwaitHello,
                 session::effect::StartTls, session::effect::Throttle, session::effect::IdleTimer,
                 RecordLater, KeepLater>;

class Connection final : public Poller::Handler, public ConnectionHook {
 public:
  /// Owns `fd` from here on.
  Connection(ServerContext& server, ServedPort& port, int fd, session::Peer peer,
             std::uint64_t number);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Has the poller tell what comes from the socket. Throws when it can't.
  void await_input();
  /// Starts the session. What goes wrong there ends the connection, and is not thrown.
  void start();
  void ready(std::uint32_t events) override;
  /// The journal is written: output may leave, and the steps behind it are taken.
  void commit();
  /// `kept`: the journal has what was recorded before the output that is held back; else nobody knows whether it will.
  void journal_kept(bool kept);
  /// The program stops: whatever is under way is broken off, the client gets its 421.
  void shut_down();
  /// RST, and the end.
  void reset();

  bool awaits_commit() const { return touched_; }
  void set_awaits_commit(bool touched) { touched_ = touched; }
  std::chrono::steady_clock::time_point drain_deadline{}; ///< while it drains

 private:
  using State = ConnectionState;

  /// What is there of the client's first TLS record.
  enum class Hello : std::uint8_t {
    partial, ///< or nothing
    whole,   ///< or bytes that are no TLS
    closed,  ///< nothing, and nothing will come
    failed,
  };

  /// What only a connection that has to wait needs; made at need, given back after.
  struct PendingWork {
    std::vector<PendingEffect> steps;
    std::size_t next_step = 0;
    std::string bytes;  ///< what the steps send
    std::string unsent; ///< what the socket did not take
    std::size_t unsent_from = 0;
    std::string input;    ///< what the client sent meanwhile
    Moment input_since{}; ///< when the first of it came
    Clock::TimerId wait_timer = 0;
    Clock::TimerId reading_timer = 0;
  };

  /// A wait for another machine: of a call to the session whose questions go to a remote store; or, without a call, for
  /// a remote journal, which has to keep something before the client may see what comes after it. Meanwhile nothing
  /// else is done with this session: the client's input stays in the socket, and what else happens waits here.
  struct RemoteWait {
    std::unique_ptr<state::SuspendableCall> call;
    std::string output;         ///< that is held back until the journal is kept
    std::uint64_t accepted = 0; ///< messages whose acceptance that says
    bool is_awaited = false;    ///< the journal was flushed
    session::Effects effects;
    std::string input;     ///< that receive() is given: the read buffer is others' meanwhile
    std::string_view rest; ///< what it leaves of that
    Moment since{};        ///< when the input came
    std::string defect;    ///< of ours: what the exception said
    std::function<void(RemoteWait&)> after;
    std::vector<std::function<void()>> later; ///< what came meanwhile, in its order
  };

  // Reading (connection.cpp).
  void read_input();
  void offer(std::string_view& input, Moment now, std::optional<Moment> arrived = {});
  void keep_input(std::string_view input, Moment now);
  void offer_held_input();
  void next_turn();
  bool has_said_quit() const;
  void drain_input();
  void record_late(std::string_view input);
  void peer_gone(session::PeerEnd end);
  template <typename Call>
  void call_session(Call&& call);
  template <typename Call, typename After>
  void ask_session(Call call, After after);
  void continue_handshake();
  void end_handshake(const session::TlsResult& result);
  void idle_timer_fired();
  void may_read_again();
  void set_idle_timer(const session::effect::IdleTimer& idle);

  // Calls that may wait for an answer (remote_wait.cpp).
  bool asks_remotely() const { return server_.settings.stores != nullptr; }
  void begin_remote_call(std::function<void(RemoteWait&)> work,
                         std::function<void(RemoteWait&)> after, std::string input = {},
                         Moment since = {});
  void end_remote_call(bool has_waited);
  void offer_remotely(std::string_view& input, Moment now, std::optional<Moment> arrived);
  void keep_rest(RemoteWait& wait);
  /// A remote journal is to keep this event before the client sees what comes next.
  void promise(const journal::Event& event);
  void hold_output();
  void break_promise(const RemoteWait& broken);
  void record_lost_end(Moment now);
  /// True: a call waits for its answer; `what` is done after it.
  bool is_put_off(std::function<void()> what);

  // Effects and steps (steps.cpp).
  void record(const journal::Event& event);
  void enqueue_effects(session::Effects& effects);
  void append_output(std::string_view bytes);
  void run_steps();
  bool perform(PendingEffect& step);
  bool perform(const session::effect::Write& write);
  bool perform(session::effect::Drip& drip);
  bool perform(const session::effect::Wait& wait);
  bool perform(const session::effect::Stall& stall);
  bool perform(const session::effect::StopReading& stop);
  bool perform(const session::effect::Close& close);
  bool perform(const session::effect::Reset& reset);
  bool perform(const session::effect::HalfClose& half_close);
  bool perform(const session::effect::AwaitHello& await);
  bool perform(const session::effect::StartTls& start_tls);
  bool perform(const session::effect::Throttle& throttle);
  bool perform(const session::effect::IdleTimer& idle);
  bool perform(const RecordLater& event);
  bool perform(KeepLater& mail);
  void keep(session::AcceptedMail mail) const;
  bool record_held_end(std::optional<journal::event::EndedBy> by, bool reset = false);
  void note_output(std::string_view bytes);
  void continue_after(Duration duration);
  void begin_handshake(const session::effect::StartTls& start_tls);
  Hello look_at_hello();

  // The socket (transport.cpp).
  IoResult read_socket(char* data, std::size_t capacity);
  IoResult write_socket(std::string_view bytes);
  void send(std::string_view bytes);
  void send_unsent();
  std::size_t may_read() const;
  void has_read(std::size_t size);
  void end_pause();
  void finish_output();
  bool may_close_at_once() const;
  void begin_close();
  void close_now();
  void update_interest();

  /// How fast the client's bytes are taken, where that is limited.
  struct Throttling {
    session::effect::Throttle limit;
    std::uint64_t left = 0;   ///< bytes that may be read before the pause
    Clock::TimerId timer = 0; ///< the pause under way
  };

  PendingWork& pending();
  void release_held();
  void drop_held();
  /// Something decided before is still to be done, or waited for.
  bool has_steps() const {
    return pending_ && (pending_->wait_timer != 0 || pending_->next_step < pending_->steps.size());
  }
  /// What comes after output that has left: steps, held input, or the end.
  bool goes_on_after_output() const {
    return is_in_session() && (pending_ || closing_ || session_->ended());
  }
  bool has_unsent() const { return pending_ && pending_->unsent_from < pending_->unsent.size(); }
  void move_to(State next);
  bool is_active() const { return state_ != State::draining && state_ != State::closed; }
  /// The session goes on, and no handshake is under way.
  bool is_in_session() const { return is_active() && state_ != State::handshaking; }
  /// Input may be looked at: nothing of what was decided before is still to be done.
  bool can_take_input() const;
  /// Input is there, and was left for the next turn. The socket tells when that is: it can be written to.
  bool awaits_turn() const {
    return turn_over_ && pending_ && !pending_->input.empty() && can_take_input();
  }

  ServerContext& server_;
  ServedPort& port_;
  std::unique_ptr<session::Session> session_;
  std::unique_ptr<PendingWork> pending_;
  std::unique_ptr<TlsStream> tls_;
  std::unique_ptr<Throttling> throttling_;
  std::uint64_t number_;
  int fd_;
  std::uint32_t interest_ = 0;
  std::uint32_t output_begin_ = 0; ///< in ServerContext::batch()
  std::uint32_t output_end_ = 0;
  State state_ = State::running;
  bool touched_ = false;
  bool turn_over_ = false; ///< the session left some of its input, for others to have their turn
  bool reading_stopped_ = false;
  bool half_closed_ = false;
  bool greeted_ = false;        ///< the first reply's last line has left
  bool said_all_ = false;       ///< the client's FIN came behind its QUIT
  bool closing_ = false;        ///< nothing is left to be done but effect::Close
  bool client_is_done_ = false; ///< it said QUIT, and the session has ended
  bool handshake_wants_write_ = false;
  std::uint16_t receive_low_water_ = 1; ///< the socket's SO_RCVLOWAT
  Clock::TimerId idle_timer_ = 0;
  Moment idle_armed_{};                     ///< when idle_timer_ fires
  Moment idle_deadline_{};                  ///< when the session is idle, if nothing comes
  Duration idle_after_{};                   ///< 0: never
  std::unique_ptr<RemoteWait> remote_wait_; ///< what waits for an answer; else null
};

} // namespace tempfail::net
