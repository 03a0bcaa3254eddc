// The marks of a handed-over message are journalled where somebody asks for them, and only there.
#include "session/session.hpp"
#include "state/server_state.hpp"
#include "support/catch.hpp"

#include <optional>
#include <string>
#include <variant>

using namespace tempfail;

namespace {

/// What the journal says of the content of one message, sent with DATA.
journal::event::Content content_of(const std::string& message, const session::Limits& limits,
                                   std::string& marks) {
  auto scenario = std::make_shared<scenario::Scenario>();
  scenario->name = "healthy";
  state::ServerState state(scenario, 1);
  const auto session = session::make_session(session::prepare_scenario(scenario, limits), state,
                                             {"127.0.0.1", 1, 25}, 1);
  std::optional<journal::event::Content> content;
  session::Effects effects;
  const auto notice = [&] {
    for (const auto& effect : effects.list) {
      const auto* const record = std::get_if<session::effect::Record>(&effect);
      if (record == nullptr) continue;
      if (const auto* found = std::get_if<journal::event::Content>(&record->event.body)) {
        content = *found;
        marks = found->marks; // the view ends with the effects
      }
    }
    effects = {};
  };
  session->start(Moment{}, effects);
  notice();
  std::string said =
      "HELO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n" + message + ".\r\n";
  for (std::string_view input = said; !input.empty();) {
    const std::size_t before = input.size();
    session->receive(input, Moment{}, effects);
    notice();
    if (input.size() == before) break;
  }
  REQUIRE(content);
  return *content;
}

const std::string message = "Subject: x\r\n\r\ntempfail-mark-1-begin.\r\nand more\r\n";

} // namespace

TEST_CASE("marks: are looked for where the limits say so") {
  session::Limits limits;
  limits.look_for_marks = true;
  std::string marks;
  const auto content = content_of(message, limits, marks);
  CHECK(marks == "1-begin");
  CHECK(content.text_size == std::string("tempfail-mark-1-begin.andmore").size());
}

TEST_CASE("marks: are not looked for where nobody asks") {
  std::string marks;
  const auto content = content_of(message, {}, marks);
  CHECK(marks.empty());
  CHECK_FALSE(content.text_size);
}

TEST_CASE("marks: of a message that was kept in part nothing is said") {
  session::Limits limits;
  limits.look_for_marks = true;
  limits.message_size = message.size() - 1;
  std::string marks;
  const auto content = content_of(message, limits, marks);
  CHECK(marks.empty());
  CHECK_FALSE(content.text_size);
}
