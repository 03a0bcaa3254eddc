// What a sender says became of its messages: right lines are results, wrong ones are notes, none is lost.
#include "cli/read_file.hpp"
#include "cli/result_file.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

using namespace tempfail;
using cli::read_result_line;

namespace {

std::vector<cli::Handover> handovers(std::size_t count) {
  std::vector<cli::Handover> result(count);
  for (std::size_t i = 0; i < count; ++i) {
    result[i].id = std::to_string(i + 1);
    result[i].recipients = {"a@x.test", "b@x.test"};
  }
  return result;
}

std::string wrong(std::string_view line, std::size_t count = 1) {
  try {
    read_result_line(line, handovers(count));
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "right";
}

/// A result file, and what it was read as: "result 1 a@x.test delivered 250 2.0.0", "note …".
struct Written {
  Written() {
    std::string name = (std::filesystem::temp_directory_path() / "tempfail-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder = name;
  }
  ~Written() { std::filesystem::remove_all(folder); }
  Written(const Written&) = delete;
  Written& operator=(const Written&) = delete;

  void add(std::string_view text) const {
    std::ofstream(folder / "result.jsonl", std::ios::app | std::ios::binary) << text;
  }
  std::vector<std::string> read_on(bool last) {
    std::vector<std::string> seen;
    file.read_on(handovers(1), last, [&](const journal::Body& body) {
      const auto& result = std::get<journal::event::Result>(body);
      if (!result.problem.empty()) {
        seen.push_back("problem " + std::string(result.problem));
        return;
      }
      seen.push_back("result " + std::string(result.handover) + " " +
                     std::string(result.recipient) + " " + std::string(result.result) + " " +
                     std::to_string(result.code) + " " + std::string(result.status));
    });
    return seen;
  }

  std::filesystem::path folder;
  cli::ResultFile file{std::filesystem::path()};
};

} // namespace

TEST_CASE("result_line_with_everything") {
  const auto line = read_result_line(
      R"({"handover":"2","recipient":"b@x.test","result":"temporary","code":452,"status":"4.3.1"})",
      handovers(2));
  CHECK(line.handover == "2");
  CHECK(line.recipient == "b@x.test");
  CHECK(line.result == "temporary");
  CHECK(line.code == 452);
  CHECK(line.status == "4.3.1");
}

TEST_CASE("result_line_with_the_least") {
  const auto line = read_result_line(R"({"result":"unknown","code":null})", handovers(1));
  CHECK(line.handover == "1");
  CHECK(line.recipient.empty());
  CHECK(line.code == 0);
}

TEST_CASE("result_line_that_is_wrong_says_why") {
  CHECK(wrong("delivered") == "the line is not a JSON object");
  CHECK(wrong("[]") == "the line is not a JSON object");
  CHECK(wrong(R"({"result":"sent"})") ==
        "`result` is not one of delivered, temporary, permanent, failed, unknown");
  CHECK(wrong(R"({"recipient":"a@x.test"})") ==
        "`result` is not one of delivered, temporary, permanent, failed, unknown");
  CHECK(wrong(R"({"recipient":"c@x.test","result":"delivered"})") ==
        "the message does not go to c@x.test; allowed: a@x.test, b@x.test");
  CHECK(wrong(R"({"recipient":7,"result":"delivered"})") == "`recipient` is not a text in quotes");
  CHECK(wrong(R"({"recipent":"a@x.test","result":"delivered"})") ==
        "unknown key `recipent`; allowed: handover, recipient, result, code, status");
  for (const char* code : {"199", "600", "-450", "\"450\"", "4.5", "99999999999999999999"})
    CHECK(wrong(std::string(R"({"result":"temporary","code":)") + code + "}") ==
          "`code` is not a reply code from 200 to 599, as a number; leave it out where no reply "
          "came");
  for (const char* status : {"4", "4.4", "3.4.7", "4.4.7.1", "4..7", "4.4.", "4.4444.7", "44.4.7"})
    CHECK(wrong(std::string(R"({"result":"temporary","status":")") + status + "\"}") ==
          "`status` is not an enhanced status code such as 4.4.7");
  CHECK(wrong(R"({"result":"delivered"})", 2) == "`handover` is missing, and there are 2");
  CHECK(wrong(R"({"handover":"3","result":"delivered"})", 2) ==
        "there is no handover 3; allowed: 1, 2");
}

TEST_CASE("result_file_is_read_on_while_it_grows") {
  Written written;
  written.file = cli::ResultFile(written.folder / "result.jsonl");
  using Lines = std::vector<std::string>;
  CHECK(written.read_on(false).empty());
  written.add("{\"recipient\":\"a@x.test\",\"result\":\"delivered\",\"code\":250}\n\n{\"resu");
  CHECK(written.read_on(false) == Lines{"result 1 a@x.test delivered 250 "});
  CHECK(written.read_on(false).empty());
  written.add("lt\":\"permanent\",\"status\":\"5.1.1\"}\nnothing\n{\"result\":\"unknown\"}");
  CHECK(
      written.read_on(false) ==
      Lines{
          "result 1  permanent 0 5.1.1",
          "problem the result file result.jsonl: line 4: the line is not a JSON object: nothing"});
  CHECK(written.read_on(true) == Lines{"result 1  unknown 0 "});
  CHECK(written.read_on(true).empty());
}

TEST_CASE("result_file_without_end_is_bounded_and_says_so") {
  Written written;
  written.file = cli::ResultFile(written.folder / "result.jsonl");
  const std::string lines(std::size_t{100000}, '\n');
  for (std::size_t size = 0; size < cli::ResultFile::size_limit; size += 10 * lines.size())
    for (int i = 0; i < 10; ++i)
      written.add(lines);
  const auto seen = written.read_on(true);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].ends_with("what follows was not read"));
  written.add("wrong\n");
  CHECK(written.read_on(true).empty());
}

TEST_CASE("result_file_that_is_none_is_told_of_once_and_never_waited_for") {
  const auto said_of = [](auto make) {
    Written written;
    const auto path = written.folder / "result.jsonl";
    make(path);
    written.file = cli::ResultFile(path);
    CHECK(written.read_on(false).empty()); // it may still become one
    const auto seen = written.read_on(true);
    CHECK(written.read_on(true).empty());
    return seen;
  };
  using Lines = std::vector<std::string>;
  const std::string begin = "problem the result file result.jsonl: ";
  CHECK(said_of([](const auto&) {}).empty());
  CHECK(said_of([](const auto& path) { std::filesystem::create_directory(path); }) ==
        Lines{begin + "it is not a regular file"});
  CHECK(said_of([](const auto& path) { ::mkfifo(path.c_str(), 0600); }) ==
        Lines{begin + "it is not a regular file"});
  CHECK(said_of([](const auto& path) { std::filesystem::create_symlink("nowhere", path); }) ==
        Lines{begin + "it is a link to a file that is not there"});
  CHECK(said_of([](const auto& path) { std::filesystem::create_symlink(path, path); }) ==
        Lines{begin + "it can't be read: Too many levels of symbolic links"});
}

TEST_CASE("result_file_of_wrong_lines_tells_of_each_of_the_first_hundred") {
  Written written;
  written.file = cli::ResultFile(written.folder / "result.jsonl");
  for (int i = 0; i < 200; ++i)
    written.add("x\n");
  const auto seen = written.read_on(true);
  REQUIRE(seen.size() == 101);
  CHECK(seen.back() == "problem the result file result.jsonl: it has more wrong lines");
}
