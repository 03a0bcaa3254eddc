// Programs are started in a group of their own, their output kept, and ended with all they started.
#include "cli/process.hpp"

#include "cli/output_file.hpp"
#include "cli/read_file.hpp"
#include "support/catch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <unistd.h>

using namespace tempfail::cli;
using tempfail::journal::event::ProcessEnd;
namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr seconds deadline{60}; // of a test, under load

/// A directory that goes away with the test.
class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "tempfail-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

struct Run {
  Directory directory;
  asio::io_context context;
  std::optional<ProcessExit> result;

  ProcessOptions shell(const std::string& script) const {
    ProcessOptions options;
    options.arguments = {"sh", "-c", script};
    options.output = std::make_shared<OutputFile>(directory / "output.txt");
    return options;
  }
  std::unique_ptr<Process> start(ProcessOptions options) {
    return std::make_unique<Process>(context, std::move(options),
                                     [this](const ProcessExit& exit) { result = exit; });
  }
  /// Runs until `done` holds.
  template <typename Predicate>
  void until(Predicate done) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!done()) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      context.restart();
      context.run_one_for(milliseconds(20));
    }
  }
  void until_exit() {
    until([this] { return result.has_value(); });
  }
  std::string output() const {
    const std::filesystem::path file = directory / "output.txt";
    return std::filesystem::exists(file) ? read_file(file) : "";
  }
};

bool alive(pid_t pid) {
  if (::kill(pid, 0) != 0) return false;
  // A zombie that nobody has reaped is not alive.
  const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  return stat.find(") Z ") == std::string::npos;
}

} // namespace

TEST_CASE("process_output_and_exit_code_are_kept") {
  Run run;
  auto process = run.start(run.shell("echo to-out; echo to-err >&2; exit 7"));
  run.until_exit();
  CHECK(run.result->code == 7);
  CHECK(run.result->ended == ProcessEnd::itself);
  CHECK(run.output() == "to-out\nto-err\n");
}

TEST_CASE("process_output_without_end_keeps_its_beginning_and_its_end") {
  Run run;
  ProcessOptions options =
      run.shell("echo begin; head -c 5000000 /dev/zero | tr '\\0' 'x'; echo; echo the last words");
  const auto kept = options.output;
  auto process = run.start(std::move(options));
  run.until_exit();
  kept->finish();
  const std::string output = run.output();
  const std::string left_out =
      "\n[" + std::to_string(5000022 - (1 << 20) - (64 << 10)) + " bytes are left out here]\n";
  CHECK(output.size() == (1U << 20U) + left_out.size() + (64U << 10U));
  CHECK(output.starts_with("begin\nxxx"));
  CHECK(output.find(left_out) == 1U << 20U);
  CHECK(output.ends_with("xxx\nthe last words\n"));
}

TEST_CASE("process_output_of_several_goes_into_one_file") {
  Run run;
  ProcessOptions first = run.shell("echo one");
  ProcessOptions second = run.shell("echo two");
  second.output = first.output;
  auto process = run.start(std::move(first));
  run.until_exit();
  run.result.reset();
  process = run.start(std::move(second));
  run.until_exit();
  CHECK(run.output() == "one\ntwo\n");
}

TEST_CASE("process_ended_says_who_ended_it") {
  Run run;
  auto process = run.start(run.shell("echo ready; sleep 1000"));
  run.until([&] { return run.output() == "ready\n"; });
  process->terminate(ProcessEnd::watch);
  process->terminate(ProcessEnd::interrupt);
  run.until_exit();
  CHECK(run.result->ended == ProcessEnd::watch);
  CHECK(run.result->code == 128 + SIGTERM);
}

TEST_CASE("process_exit_tells_the_processor_time_of_all_it_waited_for") {
  Run run;
  const std::string spin = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
  auto process = run.start(run.shell("(" + spin + "); exit 3"));
  run.until_exit();
  CHECK(run.result->code == 3);
  CHECK(run.result->user + run.result->system > milliseconds(10));
  Run idle;
  auto other = idle.start(idle.shell("exit 0"));
  idle.until_exit();
  CHECK(idle.result->user + idle.result->system < run.result->user + run.result->system);
}

TEST_CASE("process_gets_environment_and_empty_input") {
  Run run;
  ::setenv("TEMPFAIL_TEST_A", "old", 1);
  ProcessOptions options = run.shell("echo $TEMPFAIL_TEST_A $TEMPFAIL_TEST_B; wc -c");
  options.environment = {"TEMPFAIL_TEST_A=new", "TEMPFAIL_TEST_B=b"};
  auto process = run.start(std::move(options));
  run.until_exit();
  CHECK(run.result->code == 0);
  CHECK(run.output() == "new b\n0\n");
}

TEST_CASE("process_inherits_no_descriptor_and_default_signals") {
  std::signal(SIGPIPE, SIG_IGN);
  Run run;
  const int open_one = ::dup(0);
  auto process = run.start(run.shell("ls /proc/self/fd | wc -l; kill -PIPE $$; echo ignored"));
  run.until_exit();
  ::close(open_one);
  // 0, 1, 2 and the one that ls reads the directory with.
  CHECK(run.output() == "4\n");
  CHECK(run.result->code == 128 + SIGPIPE);
}

TEST_CASE("process_that_cannot_start_throws") {
  Run run;
  ProcessOptions options = run.shell("");
  options.arguments = {"/nonexistent/program"};
  try {
    auto process = run.start(std::move(options));
    FAIL("started");
  } catch (const std::system_error& error) {
    CHECK(error.code().value() == ENOENT);
    CHECK(std::string(error.what()).find("/nonexistent/program") == 0);
  }
}

TEST_CASE("process_ended_by_a_signal_reports_128_plus_it") {
  Run run;
  auto process = run.start(run.shell("kill -KILL $$"));
  run.until_exit();
  CHECK(run.result->code == 128 + SIGKILL);
}

TEST_CASE("process_timeout_ends_the_whole_group") {
  Run run;
  ProcessOptions options = run.shell("sleep 1000 & echo $!; wait");
  options.timeout = milliseconds(300);
  const auto begin = std::chrono::steady_clock::now();
  auto process = run.start(std::move(options));
  run.until_exit();
  CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(300));
  CHECK(run.result->ended == ProcessEnd::timeout);
  CHECK(run.result->code == 128 + SIGTERM);
  const pid_t child = std::stoi(run.output());
  run.until([&] { return !alive(child); });
}

TEST_CASE("process_that_ignores_sigterm_is_killed_after_the_grace") {
  Run run;
  ProcessOptions options = run.shell("trap '' TERM; sleep 1000 & echo $!; wait; wait");
  options.timeout = milliseconds(200);
  options.grace = milliseconds(300);
  const auto begin = std::chrono::steady_clock::now();
  auto process = run.start(std::move(options));
  run.until_exit();
  CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(500));
  CHECK(run.result->ended == ProcessEnd::timeout);
  CHECK(run.result->code == 128 + SIGKILL);
  const pid_t child = std::stoi(run.output());
  run.until([&] { return !alive(child); });
}

TEST_CASE("process_end_group_ends_what_was_left_behind") {
  Run run;
  auto process = run.start(run.shell("sleep 1000 & echo $!; exit 0"));
  run.until_exit();
  CHECK(run.result->code == 0);
  const pid_t child = std::stoi(run.output());
  CHECK(alive(child));
  bool done = false;
  process->end_group([&] { done = true; });
  run.until([&] { return done; });
  CHECK_FALSE(alive(child));
}

TEST_CASE("process_end_group_kills_what_ignores_sigterm") {
  Run run;
  ProcessOptions options =
      run.shell("(trap '' TERM; while :; do sleep 1000; done) & echo $!; exit 0");
  options.grace = milliseconds(200);
  auto process = run.start(std::move(options));
  run.until_exit();
  const pid_t child = std::stoi(run.output());
  bool done = false;
  process->end_group([&] { done = true; });
  run.until([&] { return done; });
  CHECK_FALSE(alive(child));
}

TEST_CASE("process_end_group_of_an_empty_group_is_done_at_once") {
  Run run;
  auto process = run.start(run.shell("exit 0"));
  run.until_exit();
  bool done = false;
  process->end_group([&] { done = true; });
  CHECK(done);
}

TEST_CASE("process_destroyed_while_running_is_gone") {
  Run run;
  auto process = run.start(run.shell("sleep 1000 & echo $!; wait"));
  run.until([&] { return run.output().ends_with('\n'); });
  const pid_t child = std::stoi(run.output());
  process.reset();
  run.until([&] { return !alive(child); });
  CHECK_FALSE(run.result.has_value());
}

TEST_CASE("process_end_group_ends_who_has_left_the_group_and_nobody_of_another_program") {
  Run run;
  Run other;
  auto process = run.start(run.shell("setsid sleep 1000 & echo $!; exit 0"));
  auto running = other.start(other.shell("setsid sleep 1000 & echo $!; sleep 1000"));
  run.until_exit();
  other.until([&] { return other.output().ends_with('\n'); });
  const pid_t own = std::stoi(run.output());
  const pid_t of_other = std::stoi(other.output());
  CHECK(alive(own));
  bool done = false;
  process->end_group([&] { done = true; });
  run.until([&] { return done; });
  CHECK_FALSE(alive(own));
  CHECK(alive(of_other));
  running.reset();
  other.until([&] { return !alive(of_other); });
}

TEST_CASE("process_end_group_finds_who_has_cleared_its_environment_too") {
  Run run;
  auto process = run.start(run.shell("env -i setsid sleep 1000 & echo $!; exit 0"));
  run.until_exit();
  const pid_t child = std::stoi(run.output());
  bool done = false;
  process->end_group([&] { done = true; });
  run.until([&] { return done; });
  CHECK_FALSE(alive(child));
}
