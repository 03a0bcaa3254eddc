// Writes journals for tests as one would tell them: "at 31 minutes a session says MAIL and is refused".
#pragma once

#include "journal/reader.hpp"
#include "journal/recorder.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tempfail::verdict::test {

/// A journal in the making. Every step takes ten milliseconds of protocol time.
class Conversation {
 public:
  /// Journals that are put one after the other need servers of different numbers.
  explicit Conversation(std::string scenario = "case", std::uint32_t server = 1)
      : scenario_(std::move(scenario)), server_(server) {}

  /// What stands at the journal's beginning; without it the journal has none.
  Conversation& run(const journal::event::Run& run);

  /// The host that all of it is about; without it the journal names none.
  Conversation& host(std::string name);

  /// Opens a connection at a moment; what follows speaks on it, until another is opened or resumed.
  Conversation& session(std::uint64_t number, Moment at,
                        std::string_view greeting = "220 mx ESMTP");
  /// Opens one on which the server says nothing yet.
  Conversation& connect(std::uint64_t number, Moment at, std::string_view client = "127.0.0.1");
  Conversation& resume(std::uint64_t number, Moment at);
  Conversation& ehlo(std::string_view reply = "250 mx");
  Conversation& mail(std::string_view reply = "250 Ok", std::string sender = "a@sender.test",
                     std::string parameters = {});
  Conversation& rcpt(std::string_view reply = "250 Ok", std::string recipient = "b@rcpt.test");
  Conversation& data(std::string_view reply = "354 Go");
  Conversation& content(std::string_view message_id = "m1@sender.test", std::uint64_t hash = 1);
  /// The same with what a look into it found.
  Conversation& content(std::string_view marks, std::optional<std::uint64_t> text_size,
                        std::vector<journal::event::RecipientReport> reports);
  Conversation& content(const journal::event::Content& content);
  /// The message was taken, whatever is said of it.
  Conversation& accepted();
  /// The server reads nothing of what the client sends (`stopped`), or does so again.
  Conversation& reading(bool stopped);
  /// The reply after the content; a positive one comes with an acceptance.
  Conversation& message(std::string_view reply = "250 Ok", std::string_view did = {}, int rule = 0);
  /// No reply after the content; `accepted`: the message was taken all the same.
  Conversation& silence(std::string_view did, bool accepted);
  Conversation& exchange(scenario::Stage stage, std::string_view line, std::string_view reply,
                         std::string_view did = {}, int rule = 0);
  Conversation& exchange(const journal::event::Exchange& exchange);
  /// An exchange whose reply comes so much later; an empty one never comes.
  Conversation& held(scenario::Stage stage, std::string_view line, Duration time,
                     std::string_view reply, int rule = 7);
  /// What `tempfail test` gave the sender.
  Conversation& handover(std::string_view id = "1",
                         std::vector<std::string> recipients = {"b@rcpt.test"},
                         std::string_view sender = "a@sender.test", std::string_view content = {},
                         std::string_view message_id = {});
  /// The handover just told is one of which the command does not know for sure.
  Conversation& offer_last();
  /// How much text the handover just told has, without white space, and its hash.
  Conversation& text_size_last(std::uint64_t size, std::uint64_t hash = 0);
  /// The marks, the letters and the missing fields of the handover just told.
  Conversation& marks_last(std::string_view marks,
                           std::optional<std::string_view> letters = std::nullopt,
                           std::string_view missing_fields = {});
  /// What the sender was asked for with the handover just told; `untold`: what of it the command does not name.
  Conversation& ask_last(std::string_view parameters, std::string_view untold = {});
  /// What the sender said became of a handover.
  Conversation& result(std::string_view handover, std::string_view result);
  Conversation& result(const journal::event::Result& result);
  Conversation& tls(bool ok);
  Conversation& tls(const journal::event::Tls& tls);
  Conversation& quit();
  Conversation& end(journal::event::EndedBy by, scenario::Stage stage);
  Conversation& end(const journal::event::Disconnect& how);
  Conversation& sender_started();
  /// `queue`: it handed its message to a queue, which goes on.
  Conversation& sender_ended(int exit_code, bool queue = false,
                             journal::event::ProcessEnd ended = journal::event::ProcessEnd::itself);
  /// The sender said that nothing is left in its queue.
  Conversation& queue_empty();
  Conversation& continued(); ///< the file ends, and the journal goes on in another one
  /// tempfail ended it, because its time was up.
  Conversation& sender_timed_out();
  Conversation& process(const journal::event::Process& process);
  Conversation& query(const journal::event::Query& query);
  /// What follows is at this host of the scenario; a host is a server of its own.
  Conversation& at(const std::string& host);
  /// The name server was asked.
  Conversation& query(std::string_view name, std::string_view type = "MX");
  /// From this moment on a connection attempt meets this; so many were refused since the event before. `counted`: it is
  /// a lab, which sees those.
  Conversation& port(scenario::ListenAnswer answer, Moment at, std::uint64_t refused = 0,
                     bool counted = false);
  /// From this moment on the store of states is lost to the server.
  Conversation& store_lost(Moment at);
  /// From this moment on it is there again; `restarted`: it may have forgotten what it knew.
  Conversation& store_found(Moment at, bool restarted = false);
  /// The store did not answer: 421, and the end. `line`: the command that it was asked for; empty: none, the greeting.
  Conversation& turned_away(scenario::Stage stage = scenario::Stage::connect,
                            std::string_view line = {});
  /// The name server was asked for this name, which is the scenario's own or nobody's.
  Conversation& asked(std::string_view name, bool own, bool met = false);
  /// Something that says nothing, so that the journal lasts until then, or begins there.
  Conversation& finish(Moment at);
  Conversation& wait(Duration duration);
  /// The journal breaks off after what was told: it has no end of its own.
  Conversation& broken_off();

  /// MAIL to QUIT, all well.
  Conversation& deliver(std::string_view message_id = "m1@sender.test");
  /// MAIL refused with 452, QUIT.
  Conversation& refused();

  std::string text() const;
  journal::Journal journal() const { return journal::Journal::decode(text()); }

 private:
  /// What the events point into: shared by copies of a conversation.
  struct Memory {
    std::deque<std::string> texts;
    std::deque<std::vector<std::string_view>> lists;
    std::deque<std::vector<journal::event::RecipientReport>> reports;
  };

  void add(std::uint64_t session, journal::Body body);
  std::string_view keep(std::string text) { return memory_->texts.emplace_back(std::move(text)); }

  std::string scenario_;
  std::uint32_t server_;
  std::string host_;
  std::map<std::string, std::uint32_t> hosts_; ///< to the numbers of their servers
  std::optional<journal::event::Run> run_;
  std::shared_ptr<Memory> memory_ = std::make_shared<Memory>();
  std::map<std::uint64_t, std::uint32_t> numbers_; ///< exchanges of each session
  std::multimap<Moment, journal::Event> events_;
  Moment now_{};
  std::uint64_t session_ = 0;
  bool complete_ = true;
};

} // namespace tempfail::verdict::test
