// The scripted session: defines session::Session for this test program.
#include "net/scripted_session.hpp"

#include "session/program.hpp"

#include <string>
#include <utility>

namespace tempfail::test {

Script& script() {
  static Script instance;
  return instance;
}

void reset_script() {
  script() = Script();
}

void record(session::Effects& out, std::string_view text) {
  journal::Event event;
  event.body = journal::event::Note{out.texts.keep(text)};
  out.record(event);
}

} // namespace tempfail::test

namespace tempfail::session {

/// Of what sessions share only the server's number counts here.
Program::Program(scenario::ScenarioPtr scenario, const Limits& limits, std::uint32_t number)
    : scenario_(std::move(scenario)), limits_(limits), number_(number) {}
ProgramPtr make_program(scenario::ScenarioPtr scenario, const Limits& limits,
                        std::uint32_t number) {
  return std::make_shared<const Program>(std::move(scenario), limits, number);
}

class Session::Impl {
 public:
  bool over = false;
};

Session::Session(ProgramPtr, state::ServerState&, Peer, std::uint64_t, Router*)
    : impl_(std::make_unique<Impl>()) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;

void Session::start(Moment, Effects& out) {
  if (test::script().start) test::script().start(out);
}

void Session::receive(std::string_view& input, Moment, Effects& out, std::optional<Moment>) {
  if (impl_->over) {
    test::record(out, "talked on");
    input = {};
    return;
  }
  // One line a call, and a line that is not whole stays with the caller.
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return;
  const std::string line(input.substr(0, end + 1));
  input.remove_prefix(end + 1);
  if (test::script().line) test::script().line(line, out);
  if (line == "QUIT\r\n") {
    out.write("221 bye\r\n");
    out.list.emplace_back(effect::Close{});
    impl_->over = true;
  }
}

void Session::early_input() {}

void Session::reads_again(Moment, Effects& out) {
  test::record(out, "reads again");
}

void Session::tls_result(const TlsResult& result, Moment, Effects& out) {
  if (test::script().tls) test::script().tls(result, out);
}

void Session::idle_timeout(Moment, Effects& out) {
  if (test::script().idle) test::script().idle(out);
}

void Session::peer_ended(PeerEnd end, std::string_view pending, Moment, Effects& out) {
  test::record(out, std::string(end == PeerEnd::closed ? "peer closed" : "peer reset") +
                        ", pending \"" + std::string(pending) + "\"");
  impl_->over = true;
}

void Session::shut_down(Moment, Effects& out) {
  test::record(out, "shut down");
  out.write("421 stopping\r\n");
  out.list.emplace_back(effect::Close{});
  impl_->over = true;
}

bool Session::ended() const {
  return impl_->over;
}

} // namespace tempfail::session
