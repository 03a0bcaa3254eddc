// The scripted session.
#include "net/scripted_session.hpp"

#include <string>
#include <utility>

namespace tempfail::test {
namespace {

class ScriptedSession final : public session::Session {
 public:
  void start(Moment, session::Effects& out) override {
    if (script().start) script().start(out);
  }

  void receive(std::string_view& input, Moment, session::Effects& out,
               std::optional<Moment>) override {
    if (over_) {
      record(out, "talked on");
      input = {};
      return;
    }
    // One line a call, and a line that is not whole stays with the caller.
    const std::size_t end = input.find('\n');
    if (end == std::string_view::npos) return;
    const std::string line(input.substr(0, end + 1));
    input.remove_prefix(end + 1);
    if (script().line) script().line(line, out);
    if (line == "QUIT\r\n") {
      out.write("221 bye\r\n");
      out.list.emplace_back(session::effect::Close{});
      over_ = true;
    }
  }

  void input_before_greeting() override {}

  void reading_resumed(Moment, session::Effects& out) override { record(out, "reads again"); }

  void tls_result(const session::TlsResult& result, Moment, session::Effects& out) override {
    if (script().tls) script().tls(result, out);
  }

  void idle_timeout(Moment, session::Effects& out) override {
    if (script().idle) script().idle(out);
  }

  void peer_ended(session::PeerEnd end, std::string_view pending, Moment,
                  session::Effects& out) override {
    record(out, std::string(end == session::PeerEnd::closed ? "peer closed" : "peer reset") +
                    ", pending \"" + std::string(pending) + "\"");
    over_ = true;
  }

  void shut_down(Moment, session::Effects& out) override {
    record(out, "shut down");
    out.write("421 stopping\r\n");
    out.list.emplace_back(session::effect::Close{});
    over_ = true;
  }

  bool ended() const override { return over_; }

 private:
  bool over_ = false;
};

} // namespace

Script& script() {
  static Script instance;
  return instance;
}

void reset_script() {
  script() = Script();
}

net::ServerSettings scripted(net::ServerSettings settings) {
  settings.make_session = [](session::PreparedScenarioPtr, state::ServerState&, session::Peer,
                             std::uint64_t,
                             session::RecipientRouter*) -> std::unique_ptr<session::Session> {
    return std::make_unique<ScriptedSession>();
  };
  return settings;
}

void record(session::Effects& out, std::string_view text) {
  journal::Event event;
  event.body = journal::event::Note{out.texts.keep(text)};
  out.record(event);
}

} // namespace tempfail::test
