// The loop that carries out what the dialogue asks for. One read is always under way, one write at most.
#include "client/net/session.hpp"

#include "client/net/output_queue.hpp"
#include "client/net/tls_engine.hpp"
#include "client/protocol/dialogue.hpp"
#include "client/protocol/judgement.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <exception>
#include <optional>
#include <utility>

namespace tempfail::client {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t tls_piece_bytes = 16 * 1024; ///< of content encrypted ahead of the network
constexpr std::chrono::seconds linger(60); ///< for the last words to a peer that does not read
constexpr std::size_t gather_max = 16;     ///< pieces in one system call

/// Calls a copy: the owner may replace his events, or let go of himself, while he is being told.
template <class Event, class... Arguments>
void tell(Event event, const Arguments&... arguments) {
  if (event) {
    event(arguments...);
  }
}

Failure failure_of_connect(const error_code& error) {
  if (error == asio::error::connection_refused) {
    return Failure::connect_refused;
  }
  if (error == asio::error::connection_reset) {
    return Failure::dropped; // it was accepted, and reset before this side had looked
  }
  if (error == asio::error::timed_out) {
    return Failure::connect_timeout;
  }
  if (error == boost::system::errc::too_many_files_open ||
      error == boost::system::errc::too_many_files_open_in_system ||
      error == asio::error::no_memory || error == asio::error::no_buffer_space) {
    return Failure::local;
  }
  return Failure::unreachable;
}

class TcpSession : public Session, public std::enable_shared_from_this<TcpSession> {
 public:
  TcpSession(asio::io_context& context, const TlsContext& tls, Endpoint endpoint,
             SessionSettings settings, double time_scale, Trace trace)
      : socket_(context), timer_(context), tls_context_(tls), endpoint_(std::move(endpoint)),
        tls_mode_(settings.tls), connect_time_out_(settings.time_outs.connect),
        time_scale_(time_scale), trace_(std::move(trace)), dialogue_(std::move(settings)) {}

  void set_events(SessionEvents events) override { events_ = std::move(events); }
  bool ready() const override { return connected_ && dialogue_.ready() && deferred_.empty(); }
  bool closed() const override { return closed_; }
  const TlsState& tls() const override { return dialogue_.tls(); }

  void open() override;
  void begin(const Message& message, std::vector<Recipient> recipients) override;
  void quit() override;
  void abandon() override;

 private:
  void on_connect(const error_code& error);
  void fail_connect(Failure failure, const std::string& text);

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

  void read();
  void on_read(const error_code& error, std::size_t count);
  void on_plaintext(std::string_view bytes);
  void on_tls_bytes(std::string_view bytes);
  void on_read_error(const error_code& error);

  void pump();
  bool encrypt_ahead();
  void on_written(const error_code& error, std::size_t count);

  void arm(std::chrono::milliseconds protocol_time);
  void on_time_out();
  void close();
  void show(char direction, std::string_view bytes);

  tcp::socket socket_;
  asio::steady_timer timer_;
  const TlsContext& tls_context_;
  Endpoint endpoint_;
  TlsMode tls_mode_;
  std::chrono::milliseconds connect_time_out_;
  double time_scale_;
  Trace trace_;
  Dialogue dialogue_;
  SessionEvents events_;
  std::optional<TlsEngine> engine_;
  OutputQueue plain_;  ///< waits for encryption; empty without TLS
  OutputQueue output_; ///< waits for the network
  std::vector<std::function<void()>> deferred_;
  std::array<char, 4096> input_;
  std::optional<std::chrono::milliseconds> block_time_out_; ///< while content is written
  std::uint64_t timer_generation_ = 0;
  bool connected_ = false;
  bool handshaking_ = false;
  bool writing_ = false;
  bool performing_ = false;
  bool cancelled_ = false;
  bool closing_ = false; ///< what is queued is still written, then the socket is closed
  bool closed_ = false;
};

void TcpSession::open() {
  error_code error;
  const tcp::endpoint peer(asio::ip::make_address(endpoint_.address.ip), endpoint_.port);
  socket_.open(peer.protocol(), error);
  if (!error && !endpoint_.source_address.empty()) {
    socket_.bind({asio::ip::make_address(endpoint_.source_address, error), 0}, error);
  }
  if (error) {
    asio::post(socket_.get_executor(),
               [self = shared_from_this(), error] { self->on_connect(error); });
    return;
  }
  arm(connect_time_out_);
  socket_.async_connect(
      peer, [self = shared_from_this()](const error_code& result) { self->on_connect(result); });
}

void TcpSession::on_connect(const error_code& error) {
  if (closed_) {
    return;
  }
  if (error) {
    fail_connect(failure_of_connect(error), error.message());
    return;
  }
  connected_ = true;
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  show('*', "connected to " + with_port(endpoint_.address, endpoint_.port) + '\n');
  perform(dialogue_.start());
  read();
}

void TcpSession::fail_connect(Failure failure, const std::string& text) {
  const Stage stage = failure == Failure::dropped ? Stage::greeting : Stage::connect;
  const Settlement settlement = conclude(Fate::transient, failure, stage, text);
  tell(events_.failed, settlement);
  close();
}

void TcpSession::begin(const Message& message, std::vector<Recipient> recipients) {
  defer([this, message, list = std::move(recipients)] {
    if (dialogue_.ready() && !closed_) {
      perform(dialogue_.begin(message, list));
    } else { // it ended while its owner was deciding
      tell(events_.done, action::TransactionDone{.reusable = false, .nothing_heard = true});
    }
  });
}

void TcpSession::quit() {
  defer([this] {
    if (dialogue_.ready() && !closed_) {
      perform(dialogue_.quit());
    }
  });
}

void TcpSession::abandon() {
  events_ = {};
  close();
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
    if (closed_ || cancelled_) {
      break;
    }
    std::visit([this](auto& kind) { perform(kind); }, action);
  }
  performing_ = false;
  if (std::exchange(cancelled_, false)) {
    perform(dialogue_.cancel("this side could not take note that the message was about to leave"));
  }
  const auto calls = std::exchange(deferred_, {});
  for (const auto& call : calls) {
    call();
  }
  pump();
}

void TcpSession::perform(action::Send& send) {
  show('>', send.bytes);
  (engine_ ? plain_ : output_).push(std::move(send.bytes));
}

void TcpSession::perform(action::SendContent& content) {
  show('*', "message of " + std::to_string(content.length) + " bytes\n");
  auto& queue = engine_ ? plain_ : output_;
  queue.push(std::move(content.content), content.offset, content.length);
  queue.push(std::move(content.trailer));
  block_time_out_ = content.block_time_out;
  arm(*block_time_out_);
}

void TcpSession::perform(action::Await& await) {
  arm(await.time_out);
}

void TcpSession::perform(action::Handshake& handshake) {
  arm(handshake.time_out);
  handshaking_ = true;
  engine_.emplace(tls_context_, tls_mode_, endpoint_.host);
  engine_->handshake();
}

void TcpSession::perform(action::Ready&) {
  ++timer_generation_;
  timer_.cancel();
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
  ++timer_generation_;
  timer_.cancel();
  block_time_out_.reset();
  tell(events_.done, done);
}

void TcpSession::perform(action::Close&) {
  closing_ = true;
}

void TcpSession::read() {
  if (closed_) {
    return;
  }
  socket_.async_read_some(asio::buffer(input_),
                          [self = shared_from_this()](const error_code& error, std::size_t count) {
                            self->on_read(error, count);
                          });
}

void TcpSession::on_read(const error_code& error, std::size_t count) {
  if (closed_ || closing_) {
    return;
  }
  if (error) {
    on_read_error(error);
    return;
  }
  const std::string_view bytes(input_.data(), count);
  if (engine_) {
    on_tls_bytes(bytes);
  } else {
    on_plaintext(bytes);
  }
  if (!closed_ && !closing_) {
    read();
  }
}

void TcpSession::on_read_error(const error_code& error) {
  const Ending ending = error == asio::error::eof ? Ending::closed : Ending::reset;
  const std::string what = ending == Ending::closed ? std::string() : error.message();
  if (handshaking_) {
    show('*', "dropped in the TLS handshake\n");
  }
  perform(dialogue_.closed(ending, what));
}

void TcpSession::on_plaintext(std::string_view bytes) {
  show('<', bytes);
  perform(dialogue_.receive(bytes));
}

void TcpSession::on_tls_bytes(std::string_view bytes) {
  engine_->feed(bytes);
  if (handshaking_) {
    const auto progress = engine_->handshake();
    if (progress == TlsEngine::Progress::done) {
      handshaking_ = false;
      const TlsState state = engine_->state();
      show('*', state.version + ' ' + state.cipher +
                    (state.verified ? ", verified\n" : ", not verified\n"));
      perform(dialogue_.handshake_done(state));
    } else if (progress == TlsEngine::Progress::more) {
      pump();
      return;
    } else {
      perform(dialogue_.handshake_failed("TLS handshake failed: " + engine_->error()));
      return;
    }
  }
  std::string plaintext;
  const auto progress = engine_->read(plaintext);
  if (!plaintext.empty()) {
    on_plaintext(plaintext);
  }
  if (progress == TlsEngine::Progress::closed) {
    perform(dialogue_.closed(Ending::closed, "TLS closed"));
  } else if (progress == TlsEngine::Progress::failed) {
    perform(dialogue_.handshake_failed("TLS failed: " + engine_->error()));
  } else {
    pump(); // TLS may have something of its own to say
  }
}

/// Encrypts the next pieces; true if there is something for the network.
bool TcpSession::encrypt_ahead() {
  std::size_t budget = tls_piece_bytes;
  while (!handshaking_ && !plain_.empty() && budget > 0) {
    const std::string_view part = plain_.front(budget);
    if (!engine_->write(part)) {
      plain_.clear();
      break;
    }
    budget -= part.size();
    plain_.consume(part.size());
  }
  if (closing_ && plain_.empty() && !handshaking_) {
    engine_->close();
  }
  output_.push(engine_->take_output());
  return !output_.empty();
}

void TcpSession::pump() {
  if (writing_ || closed_ || performing_) {
    return;
  }
  if (output_.empty() && !(engine_ && encrypt_ahead())) {
    if (closing_) {
      close();
    }
    return;
  }
  std::vector<asio::const_buffer> buffers;
  for (const std::string_view piece : output_.pieces(gather_max)) {
    buffers.emplace_back(piece.data(), piece.size());
  }
  writing_ = true;
  socket_.async_write_some(buffers,
                           [self = shared_from_this()](const error_code& error, std::size_t count) {
                             self->on_written(error, count);
                           });
}

void TcpSession::on_written(const error_code& error, std::size_t count) {
  writing_ = false;
  if (closed_) {
    return;
  }
  if (error) {
    output_.clear();
    plain_.clear();
    if (closing_) {
      close();
    }
    return; // the read that is under way finds what the server said before, and the end
  }
  output_.consume(count);
  const bool all = output_.empty() && plain_.empty();
  if (block_time_out_ && !closing_) {
    if (all) {
      block_time_out_.reset();
      perform(dialogue_.written());
      return;
    }
    arm(*block_time_out_);
  }
  pump();
}

void TcpSession::arm(std::chrono::milliseconds protocol_time) {
  const auto scaled = std::chrono::duration<double, std::milli>(protocol_time) / time_scale_;
  const std::uint64_t generation = ++timer_generation_;
  timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(scaled));
  timer_.async_wait([weak = weak_from_this(), generation](const error_code& error) {
    const auto self = weak.lock();
    if (!error && self && generation == self->timer_generation_) {
      self->on_time_out();
    }
  });
}

void TcpSession::on_time_out() {
  if (closed_) {
    return;
  }
  if (!connected_) {
    fail_connect(Failure::connect_timeout, "no answer to the connection request");
    return;
  }
  if (closing_) {
    close();
    return;
  }
  perform(dialogue_.timed_out());
  if (!closed_) {
    output_.clear(); // the network takes nothing: there is no point in waiting for it
    plain_.clear();
    close();
  }
}

void TcpSession::close() {
  if (closed_) {
    return;
  }
  closed_ = true;
  ++timer_generation_;
  timer_.cancel();
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
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
