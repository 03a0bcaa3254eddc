// The loop that carries out what the dialogue asks for, and tells it what came of it.
#include "client/net/session.hpp"

#include "client/net/transport.hpp"
#include "client/protocol/dialogue.hpp"
#include "client/protocol/judgement.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace tempfail::client {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::seconds linger(60); ///< for the last words to a peer that does not read
/// Real time on top of a time-out that was shrunk: the other side's machine does not get faster with the clock.
constexpr std::chrono::duration<double, std::milli> slack_per_scale(30);
constexpr std::chrono::duration<double, std::milli> longest_slack(2000);

/// Calls a copy: the owner may replace his events, or let go of himself, while he is being told.
template <class Event, class... Arguments>
void tell(Event event, const Arguments&... arguments) {
  if (event) {
    event(arguments...);
  }
}

class TcpSession : public Session,
                   public TransportOwner,
                   public std::enable_shared_from_this<TcpSession> {
 public:
  TcpSession(asio::io_context& context, const TlsContext& tls, Endpoint endpoint,
             SessionSettings settings, double time_scale, Trace trace)
      : timer_(context), address_(with_port(endpoint.address, endpoint.port)),
        tls_mode_(settings.tls), connect_time_out_(settings.time_outs.connect),
        time_scale_(time_scale), trace_(std::move(trace)),
        transport_(make_transport(context, tls, std::move(endpoint))),
        dialogue_(std::move(settings)) {}

  void set_events(SessionEvents events) override { events_ = std::move(events); }
  bool ready() const override {
    return transport_->connected() && dialogue_.ready() && deferred_.empty();
  }
  bool closed() const override { return transport_->closed(); }
  const TlsState& tls() const override { return dialogue_.tls(); }

  void open() override;
  void begin(const Message& message, std::vector<Recipient> recipients) override;
  void quit() override;
  void abandon() override;

 private:
  // TransportOwner
  void on_connected() override;
  void on_not_connected(Failure failure, const std::string& what) override;
  void on_bytes(std::string_view bytes) override;
  void on_ended(bool reset, const std::string& what) override;
  void on_secured(const TlsState& tls) override;
  void on_tls_failed(const std::string& what) override;
  void on_written(bool all) override;
  void on_closed() override;

  void perform(Actions actions);
  void perform(action::Send& send);
  void perform(action::SendContent& content);
  void perform(action::Await& await);
  void perform(action::Handshake& handshake);
  void perform(action::Ready&);
  void perform(action::SessionFailed& failed);
  void perform(action::Committing& committing);
  void perform(action::Settled& settled);
  void perform(action::TransactionDone& done);
  void perform(action::Close&);
  void defer(std::function<void()> call);

  void arm(std::chrono::milliseconds protocol_time);
  void on_time_out();
  void disarm();
  void show(char direction, std::string_view bytes);

  asio::steady_timer timer_;
  std::string address_;
  TlsMode tls_mode_;
  std::chrono::milliseconds connect_time_out_;
  double time_scale_;
  Trace trace_;
  std::shared_ptr<Transport> transport_;
  Dialogue dialogue_;
  SessionEvents events_;
  std::vector<std::function<void()>> deferred_;
  std::optional<std::chrono::milliseconds> block_time_out_; ///< while content is written
  std::uint64_t timer_generation_ = 0;
  bool handshaking_ = false;
  bool performing_ = false;
  bool cancelled_ = false;
};

void TcpSession::open() {
  arm(connect_time_out_);
  transport_->open(shared_from_this());
}

void TcpSession::on_connected() {
  show('*', "connected to " + address_ + '\n');
  perform(dialogue_.start());
}

void TcpSession::on_not_connected(Failure failure, const std::string& what) {
  const Stage stage = failure == Failure::dropped ? Stage::greeting : Stage::connect;
  const Settlement settlement = conclude(Fate::transient, failure, stage, what);
  tell(events_.failed, settlement);
  transport_->close();
}

void TcpSession::begin(const Message& message, std::vector<Recipient> recipients) {
  defer([this, message, list = std::move(recipients)] {
    if (dialogue_.ready() && !closed()) {
      perform(dialogue_.begin(message, list));
    } else { // it ended while its owner was deciding
      tell(events_.done, action::TransactionDone{.reusable = false, .nothing_heard = true});
    }
  });
}

void TcpSession::quit() {
  defer([this] {
    if (dialogue_.ready() && !closed()) {
      perform(dialogue_.quit());
    }
  });
}

void TcpSession::abandon() {
  events_ = {};
  transport_->close();
}

/// Runs `call` now, or after the actions that are being performed.
void TcpSession::defer(std::function<void()> call) {
  if (performing_) {
    deferred_.push_back(std::move(call));
  } else {
    call();
  }
}

void TcpSession::perform(Actions actions) {
  const auto keep = shared_from_this();
  performing_ = true;
  for (Action& action : actions) {
    if (closed() || cancelled_) {
      break;
    }
    std::visit([this](auto& kind) { perform(kind); }, action);
  }
  performing_ = false;
  if (std::exchange(cancelled_, false)) {
    perform(dialogue_.cancel("the queue could not record that the message was about to be sent"));
  }
  const auto calls = std::exchange(deferred_, {});
  for (const auto& call : calls) {
    call();
  }
  transport_->flush();
}

void TcpSession::perform(action::Send& send) {
  show('>', send.bytes);
  transport_->push(std::move(send.bytes));
}

void TcpSession::perform(action::SendContent& content) {
  show('*', "message of " + std::to_string(content.length) + " bytes\n");
  transport_->push(std::move(content.content), content.offset, content.length);
  transport_->push(std::move(content.trailer));
  block_time_out_ = content.block_time_out;
  arm(*block_time_out_);
}

void TcpSession::perform(action::Await& await) {
  arm(await.time_out);
}

void TcpSession::perform(action::Handshake& handshake) {
  arm(handshake.time_out);
  handshaking_ = true;
  transport_->secure(tls_mode_);
}

void TcpSession::perform(action::Ready&) {
  disarm();
  tell(events_.ready);
}

void TcpSession::perform(action::SessionFailed& failed) {
  show('*', failed.settlement.text + '\n');
  tell(events_.failed, failed.settlement);
}

void TcpSession::perform(action::Committing& committing) {
  const auto ask = events_.committing;
  cancelled_ = ask && !ask(committing.recipients);
}

void TcpSession::perform(action::Settled& settled) {
  tell(events_.settled, settled.recipient, settled.settlement);
}

void TcpSession::perform(action::TransactionDone& done) {
  disarm();
  block_time_out_.reset();
  tell(events_.done, done);
}

void TcpSession::perform(action::Close&) {
  arm(linger);
  transport_->finish();
}

void TcpSession::on_ended(bool reset, const std::string& what) {
  if (handshaking_) {
    show('*', "dropped in the TLS handshake\n");
  }
  perform(dialogue_.closed(reset ? Ending::reset : Ending::closed, what));
}

void TcpSession::on_bytes(std::string_view bytes) {
  show('<', bytes);
  perform(dialogue_.receive(bytes));
}

void TcpSession::on_secured(const TlsState& tls) {
  handshaking_ = false;
  show('*', tls.version + ' ' + tls.cipher + (tls.verified ? ", verified\n" : ", not verified\n"));
  perform(dialogue_.handshake_done(tls));
}

void TcpSession::on_tls_failed(const std::string& what) {
  perform(dialogue_.handshake_failed(what));
}

void TcpSession::on_written(bool all) {
  if (!block_time_out_) {
    return;
  }
  if (all) {
    block_time_out_.reset();
    perform(dialogue_.written());
  } else {
    arm(*block_time_out_);
  }
}

void TcpSession::arm(std::chrono::milliseconds protocol_time) {
  auto scaled = std::chrono::duration<double, std::milli>(protocol_time) / time_scale_;
  if (time_scale_ > 1) {
    scaled += std::min(slack_per_scale * time_scale_, longest_slack);
  }
  const std::uint64_t generation = ++timer_generation_;
  timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(scaled));
  timer_.async_wait([weak = weak_from_this(), generation](const error_code& error) {
    const auto self = weak.lock();
    if (!error && self && generation == self->timer_generation_) {
      self->on_time_out();
    }
  });
}

void TcpSession::disarm() {
  ++timer_generation_;
  timer_.cancel();
}

void TcpSession::on_time_out() {
  if (closed()) {
    return;
  }
  if (!transport_->connected()) {
    on_not_connected(Failure::connect_timeout, "no answer to the connection request");
    return;
  }
  if (!transport_->finishing()) {
    perform(dialogue_.timed_out());
  }
  transport_->close(); // the network takes nothing: there is no point in waiting for it
}

void TcpSession::on_closed() {
  disarm();
  show('*', "connection closed\n");
  const SessionEvents events = std::exchange(events_, {});
  if (events.closed) {
    events.closed();
  }
}

void TcpSession::show(char direction, std::string_view bytes) {
  if (!trace_) {
    return;
  }
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    std::string_view line = bytes.substr(0, end);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    trace_(direction, line);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
}

} // namespace

std::shared_ptr<Session> make_session(asio::io_context& context, const TlsContext& tls,
                                      Endpoint endpoint, SessionSettings settings,
                                      double time_scale, Trace trace) {
  return std::make_shared<TcpSession>(context, tls, std::move(endpoint), std::move(settings),
                                      time_scale, std::move(trace));
}

} // namespace tempfail::client
