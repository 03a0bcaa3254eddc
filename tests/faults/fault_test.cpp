// The table of faults against the folder, and what each fault says of itself.
#include "faults/fault.hpp"
#include "scenario/document.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <set>
#include <string>

using namespace tempfail;
using namespace tempfail::faults;
using namespace std::chrono_literals;

namespace {

/// The file's words are the key's: half_close is half-close.
std::string with_hyphens(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

/// The fault that `text` orders, as one entry of `do` would; nothing when it can't be read.
std::optional<Fault> fault(std::string_view text) {
  scenario::Mistakes mistakes("test.yaml");
  const auto value = scenario::parse_document(text, mistakes);
  REQUIRE(value);
  if (value->is_scalar()) return from_word(value->text);
  REQUIRE(value->members.size() == 1);
  const auto found = read(value->members[0].key, value->members[0].value, mistakes);
  CHECK(found.has_value() == mistakes.none());
  return found;
}

/// Writes down what a fault asks for.
class Heard final : public Output {
 public:
  Duration random_duration(Duration min, Duration max) override { return (min + max) / 2; }
  const ReplyPlaceholderValues& placeholder_values() const override { return values; }
  void reply(std::string_view wire) override { note("reply " + std::string(wire)); }
  void bytes(std::string_view bytes) override { note("bytes " + std::to_string(bytes.size())); }
  void tls_record(std::string_view bytes) override {
    note("record " + std::to_string(bytes.size()));
  }
  void send_in_pieces(std::uint64_t size, Duration every) override {
    note("pieces " + std::to_string(size) + " " + to_string(every));
  }
  void duplicate_replies() override { note("duplicate"); }
  void wait(Duration duration) override { note("wait " + to_string(duration)); }
  void close() override { note("close"); }
  void reset() override { note("reset"); }
  void half_close() override { note("half-close"); }
  void fall_silent() override { note("silent"); }
  void stop_reading(std::optional<Duration> duration) override {
    note("stop-reading" + (duration ? " " + to_string(*duration) : std::string()));
  }
  void throttle(const scenario::Rate& rate) override {
    note("throttle " + std::to_string(rate.amount) + " " + to_string(rate.per));
  }
  void cut_handshake(std::uint64_t bytes) override { note("cut " + std::to_string(bytes)); }

  ReplyPlaceholderValues values{"b@c", "a@b", "127.0.0.1", "client.test", "mx.test", 42};
  std::string all;

 private:
  static std::string to_string(Duration duration) { return scenario::to_string(duration); }
  void note(const std::string& what) { all += (all.empty() ? "" : ", ") + what; }
};

std::string heard(std::string_view text) {
  const auto found = fault(text);
  if (!found) return "nothing";
  Heard output;
  perform(*found, output);
  return output.all;
}

} // namespace

TEST_CASE("faults: the list is the folder, and the folder is the list") {
  const std::set<std::string> not_faults = {"fault", "kind", "output", "reply_placeholders"};
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(FAULTS)) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".hpp" && !not_faults.contains(name))
      files.insert(with_hyphens(name));
  }
  std::set<std::string> keys;
  for (const FaultKind& kind : kinds)
    keys.insert(std::string(kind.key));
  CHECK(files == keys);
  CHECK(keys.size() == kinds.size());
}

TEST_CASE(
    "faults: a word is a fault only where it can stand alone, a value only where one is taken") {
  for (const FaultKind& kind : kinds) {
    CAPTURE(kind.key);
    const auto made = from_word(kind.key);
    CHECK(made.has_value() == stands_alone(kind.form));
    if (made) CHECK(kind_of(*made).key == kind.key);
  }
  CHECK_FALSE(from_word("jump"));
  CHECK_FALSE(from_word(""));
}

TEST_CASE("faults: what each does") {
  CHECK(heard("reply: 452 4.3.1 Full") == "reply 452 4.3.1 Full\r\n");
  CHECK(heard("reply: '450 {sender} {size}'") == "reply 450 a@b 42\r\n");
  CHECK(heard("delay: 2s..4s") == "wait 3s");
  CHECK(heard("drip: {bytes: 3, every: 1s}") == "pieces 3 1s");
  CHECK(heard("duplicate-reply") == "duplicate");
  CHECK(heard("raw: \"250 x\"") == "reply 250 x");
  CHECK(heard("accept") == "");
  CHECK(heard("close") == "close");
  CHECK(heard("reset") == "reset");
  CHECK(heard("half-close") == "half-close");
  CHECK(heard("stall") == "silent");
  CHECK(heard("stall: 10m") == "wait 10m");
  CHECK(heard("stop-reading") == "stop-reading");
  CHECK(heard("stop-reading: 5s") == "stop-reading 5s");
  CHECK(heard("throttle: 1KB per 1s") == "throttle 1024 1s");
  CHECK(heard("alert: handshake_failure") == "record 7");
  CHECK(heard("cut-handshake: 600 bytes") == "cut 600");
}

TEST_CASE("faults: what becomes of the reply and the connection") {
  const auto consequence = [](std::string_view text) {
    const auto found = fault(text);
    REQUIRE(found);
    return consequence_of(*found);
  };
  for (const char* const text :
       {"delay: 1s", "drip: {every: 1s}", "duplicate-reply", "throttle: 1KB per 1s"}) {
    CAPTURE(text);
    CHECK(consequence(text).own_reply == OwnReply::follows);
    CHECK(consequence(text).connection == ConnectionEffect::continues);
  }
  for (const char* const text :
       {"reply: 450", "raw: x", "accept", "alert: handshake_failure", "cut-handshake: 1"}) {
    CAPTURE(text);
    CHECK(consequence(text).own_reply == OwnReply::replaced);
    CHECK(consequence(text).connection == ConnectionEffect::continues);
  }
  for (const char* const text : {"close", "reset", "stall"}) {
    CAPTURE(text);
    CHECK(consequence(text).own_reply == OwnReply::replaced);
    CHECK(consequence(text).connection == ConnectionEffect::ended);
  }
  CHECK(consequence("half-close").own_reply == OwnReply::replaced);
  CHECK(consequence("half-close").connection == ConnectionEffect::decided_by_fault);
  for (const char* const text : {"stall: 1s", "stop-reading", "stop-reading: 1s"}) {
    CAPTURE(text);
    CHECK(consequence(text).own_reply == OwnReply::follows);
    CHECK(consequence(text).connection == ConnectionEffect::decided_by_fault);
  }
  CHECK(consequence("reply: 421 x").code == 421);
  CHECK(consequence("raw: \"421 x\"").code == 421);
  CHECK(consequence("raw: \"4210 x\"").code == 0);
  CHECK(consequence("accept").accepts);
  CHECK_FALSE(consequence("close").accepts);
}

TEST_CASE("faults: the stages at which each is allowed") {
  const auto stages = [](std::string_view key) {
    const auto* const found = std::find_if(kinds.begin(), kinds.end(),
                                           [&](const FaultKind& kind) { return kind.key == key; });
    REQUIRE(found != kinds.end());
    return found->stages;
  };
  CHECK(stages("accept") == Stages{Stage::message});
  CHECK(stages("alert") == Stages{Stage::handshake});
  CHECK(stages("cut-handshake") == Stages{Stage::handshake});
  CHECK_FALSE(stages("reply").has(Stage::connect));
  CHECK_FALSE(stages("reply").has(Stage::handshake));
  CHECK(stages("reply").has(Stage::idle));
  for (const Stage stage : {Stage::connect, Stage::handshake, Stage::content, Stage::idle})
    CHECK_FALSE(stages("duplicate-reply").has(stage));
  CHECK(stages("duplicate-reply").has(Stage::greeting));
  CHECK(stages("close") == scenario::all_stages);
}
