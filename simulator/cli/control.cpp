// tempfail control: the client of a running server's control socket.
#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/control_protocol.hpp"
#include "cli/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/text.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace tempfail::cli {

namespace {

struct ControlOptions {
  std::string path;
  std::vector<std::string> words;
};

/// A connected socket that closes itself.
class Connection {
 public:
  explicit Connection(const std::string& path) : path_(path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) throw UsageError(path + ": the path is too long");
    std::memcpy(address.sun_path, path.data(), path.size());
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0) fail();
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return;
    const int error = errno;
    ::close(fd_);
    errno = error;
    fail();
  }
  ~Connection() { ::close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EINTR) fail();
      if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  std::string line() const {
    std::string text;
    std::array<char, 4096> buffer{};
    while (text.find('\n') == std::string::npos) {
      const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (got == 0) throw CannotRun(path_ + ": the server closed the connection without an answer");
      if (got < 0 && errno != EINTR) fail();
      if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text.substr(0, text.find('\n'));
  }

 private:
  [[noreturn]] void fail() const { throw CannotRun(path_ + ": " + std::strerror(errno)); }

  std::string path_;
  int fd_ = -1;
};

int control(const ControlOptions& options, Output& out) {
  const std::string line = joined(options.words, " ");
  if (line.find('\n') != std::string::npos || line.size() >= control_line_limit)
    throw UsageError("a command is one line");
  const Connection connection(options.path);
  connection.send(line + '\n');
  const std::string answer = connection.line();
  if (answer.starts_with("error"))
    throw UsageError(answer.substr(std::min(answer.size(), std::size_t{6})));
  const std::string text = answer.size() > 3 ? answer.substr(3) : answer;
  out.write(text + '\n');
  return exit_ok;
}

Manual control_manual() {
  Manual manual;
  manual.name = "control";
  manual.summary = "steer a running server: its clock, its queues, its state";
  manual.synopsis = "PATH COMMAND...";
  manual.description = {
      "Sends one command to the control socket that a server was started with (tempfail serve "
      "--control PATH) and prints its answer.",
      "The protocol is text: a command a line, for each an answer of one line, \"ok\" with a "
      "text behind it or \"error\" and why. A test can talk to the socket itself and keep it "
      "open."};
  Section commands{"Commands", {}, {}};
  for (const ControlCommand& command : control_commands())
    commands.terms.push_back({command.usage, command.meaning});
  manual.sections = {commands};
  manual.exit_codes = {{"0", "The server answered ok."},
                       {"2", "Wrong usage, or the server answered error."},
                       {"3", "There is no server at this path."}};
  manual.examples = {{"A server whose time stands still",
                      "tempfail serve greylisted --clock manual --control /tmp/control"},
                     {"Five minutes later", "tempfail control /tmp/control advance 5m"},
                     {"How many sessions are open", "tempfail control /tmp/control status"}};
  return manual;
}

} // namespace

Command make_control() {
  auto options = std::make_shared<ControlOptions>();
  Command command;
  command.manual = control_manual();
  command.add_options = [options](CLI::App& parser) {
    parser.add_option("PATH", options->path)->required();
    parser.add_option("COMMAND", options->words)->required();
  };
  command.run = [options](Invocation& invocation) { return control(*options, invocation.out); };
  return command;
}

} // namespace tempfail::cli
