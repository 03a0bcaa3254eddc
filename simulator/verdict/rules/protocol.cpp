// What the sender does against the protocol: breaches that the session saw while it read. One entry each.
#include "journal/words.hpp"
#include "verdict/rule.hpp"

#include <array>

namespace tempfail::verdict {
namespace {

using journal::Breach;
using journal::Breaches;
using scenario::Level;

constexpr Breaches bits(Breach breach) {
  return static_cast<Breaches>(breach);
}
template <typename... More>
constexpr Breaches bits(Breach breach, More... more) {
  return bits(breach) | bits(more...);
}

/// Where a rule has something to look at.
enum class Where : std::uint8_t { commands, content };

/// What the sender did, of a breach in a command or in a content.
std::string_view sentence(Breach breach, Where where) {
  const bool in_content = where == Where::content;
  switch (breach) {
  case Breach::bare_lf_command: return "a command ended with LF alone, not with CR LF";
  case Breach::bare_lf_content: return "a line of the content ended with LF alone, not with CR LF";
  case Breach::bare_cr_content: return "the content has a CR that no LF follows";
  case Breach::line_too_long:
    return in_content ? "a line of the content has more than 1000 bytes"
                      : "a command is longer than the protocol allows";
  case Breach::unstuffed_dot:
    return "a line of the content begins with a dot and was sent without a second one";
  case Breach::eight_bit_content:
    return "the content has octets over 127, and MAIL did not say BODY=8BITMIME";
  case Breach::eight_bit_command: return "a command has octets over 127 without SMTPUTF8";
  case Breach::wrong_sequence:
    return "a command was sent that the protocol does not allow at this point";
  case Breach::pipelined_without_leave:
    return "the client sent more before it had the reply to a command";
  case Breach::talked_before_greeting: return "a command was sent before the greeting";
  case Breach::talked_after_421: return "a command was sent after 421";
  case Breach::size_wrong: return "the message is larger than the SIZE that MAIL declared";
  case Breach::syntax: return "a command does not keep to the grammar";
  case Breach::unannounced_extension:
    return "a command used an extension that the server had not announced";
  case Breach::plaintext_behind_starttls: return "clear text was sent after STARTTLS";
  case Breach::nul: return in_content ? "the content has a NUL byte" : "a command has a NUL byte";
  }
  return "";
}

std::string sentences(Breaches set, const journal::Event& event) {
  const Where where = std::holds_alternative<journal::event::Content>(event.body) ? Where::content
                                                                                  : Where::commands;
  std::string text;
  for (std::size_t bit = 0; bit < journal::breach_names.size(); ++bit) {
    if ((set >> bit & 1U) == 0) continue;
    text += text.empty() ? "" : ", and ";
    text += sentence(static_cast<Breach>(1U << bit), where);
  }
  return text;
}

/// The breaches that an event has: a command, a content, or what a client sent that left before its first command.
Breaches breaches_of(const journal::Event& event) {
  if (const auto* exchange = as_exchange(&event)) return exchange->breaches;
  if (const auto* content = std::get_if<journal::event::Content>(&event.body))
    return content->breaches;
  const auto* end = std::get_if<journal::event::Disconnect>(&event.body);
  return end == nullptr ? 0 : end->breaches;
}

bool is_looked_at(const journal::Event& event, Where where) {
  const auto* exchange = as_exchange(&event);
  return exchange != nullptr ? where == Where::commands && !exchange->line.empty()
                             : std::holds_alternative<journal::event::Content>(event.body);
}

/// A text without a 354 to DATA has the breach in its first line.
bool is_unwanted_text(const journal::Event& event, const journal::Event* data) {
  const auto* exchange = as_exchange(&event);
  return data != nullptr && exchange != nullptr && exchange->stage == scenario::Stage::unknown &&
         journal::contains(exchange->breaches, Breach::wrong_sequence);
}

Check breach_check(const Case& observed, Breaches wanted, Where where) {
  Failures failures;
  std::size_t looked_at = 0;
  for (const Session& session : observed.sessions) {
    // After a reply too many a client takes each for the reply to its last command, and does not know that it is ahead.
    const Breaches known = is_out_of_step(session)
                               ? static_cast<Breaches>(~bits(Breach::pipelined_without_leave))
                               : static_cast<Breaches>(~Breaches{0});
    const journal::Event* data = nullptr; // the last DATA
    for (const journal::Event* event : session.events) {
      if (is_looked_at(*event, where)) ++looked_at;
      const Breaches found = breaches_of(*event) & wanted & known;
      if (found != 0 && is_unwanted_text(*event, data))
        failures.add("content was sent although DATA was not answered with 354: " +
                         describe(*event),
                     {}, {evidence(*data), evidence(*event)});
      else if (found != 0)
        failures.add(sentences(found, *event) + ": " + describe(*event), {}, {evidence(*event)});
      const auto* exchange = as_exchange(event);
      if (exchange != nullptr && exchange->verb == "DATA") data = event;
    }
  }
  if (!failures.empty()) return failures.check();
  return looked_at == 0 ? Check{} : Check::pass("no violation");
}

template <Where where, Breach... breaches>
Check none_of(const Case& observed, const scenario::Expectation*) {
  return breach_check(observed, bits(breaches...), where);
}

constexpr std::array protocol_table = {
    Rule{{"line-ends", "Lines end with CR LF; neither CR nor LF stands alone.",
          "RFC 5321 section 2.3.8", Keyword::must_not, Level::must, true},
         none_of<Where::commands, Breach::bare_lf_command, Breach::bare_lf_content,
                 Breach::bare_cr_content>},
    Rule{{"line-length", "Commands have at most 512 bytes, lines of the content at most 1000.",
          "RFC 5321 section 4.5.3.1", Keyword::should_not, Level::must, true,
          "RFC 5322 section 2.1.1 says MUST for lines in the content, and a server that splits a "
          "long command may read its end as another one"},
         none_of<Where::commands, Breach::line_too_long>},
    Rule{{"dot-stuffing", "A line of the content that begins with a dot is sent with a second dot.",
          "RFC 5321 section 4.5.2", Keyword::stated, Level::must, true,
          "without it a line loses its dot, or the message ends there and the rest is read as "
          "commands"},
         none_of<Where::content, Breach::unstuffed_dot>},
    Rule{{"eight-bit-content", "Octets over 127 are sent only with BODY=8BITMIME.",
          "RFC 5321 section 2.4, RFC 6152 section 3", Keyword::must_not, Level::must, true},
         none_of<Where::content, Breach::eight_bit_content>},
    Rule{{"eight-bit-command", "Octets over 127 are used in commands only with SMTPUTF8.",
          "RFC 6531 section 3.5, RFC 5321 section 2.4", Keyword::must_not, Level::must, true},
         none_of<Where::commands, Breach::eight_bit_command>},
    Rule{{"nul", "No NUL byte is sent.",
          "RFC 5321 section 4.1.1.4, RFC 2045 section 2.7 and section 2.8", Keyword::should_not,
          Level::must, true,
          "RFC 2045 allows NUL in neither 7bit nor 8bit data, and many programs read it as the end "
          "of the text"},
         none_of<Where::commands, Breach::nul>},
    Rule{{"sequence", "Commands come in the order that the protocol allows.",
          "RFC 5321 section 4.1.4", Keyword::must, Level::must, true},
         none_of<Where::commands, Breach::wrong_sequence>},
    Rule{{"syntax", "Commands and their parameters keep to the grammar.", "RFC 5321 section 4.1",
          Keyword::stated, Level::must, true,
          "some servers refuse a command that the grammar does not allow, and others guess its "
          "meaning"},
         none_of<Where::commands, Breach::syntax>},
    Rule{{"greeting-first", "The client waits for the greeting before it sends anything.",
          "RFC 5321 section 4.3.1", Keyword::should, Level::should, true},
         none_of<Where::commands, Breach::talked_before_greeting>},
    Rule{{"pipelining", "Commands are sent in groups only where PIPELINING was announced.",
          "RFC 5321 section 4.3.1, RFC 2920 section 3.1", Keyword::must, Level::must, true},
         none_of<Where::commands, Breach::pipelined_without_leave>},
    Rule{{"extensions", "Only extensions that were announced are used.", "RFC 5321 section 2.2.1",
          Keyword::stated, Level::must, true,
          "a server that has not announced an extension may refuse the command or misread it"},
         none_of<Where::commands, Breach::unannounced_extension>},
    Rule{{"declared-size", "The size declared at MAIL is not less than the size that arrives.",
          "RFC 1870 section 6 and section 6.3", Keyword::stated, Level::should, true},
         none_of<Where::content, Breach::size_wrong>},
    Rule{{"starttls-plaintext", "Nothing is sent in clear text after STARTTLS.",
          "RFC 3207 section 4", Keyword::must, Level::must, true},
         none_of<Where::commands, Breach::plaintext_behind_starttls>},
};

} // namespace

std::span<const Rule> protocol_rules() {
  return protocol_table;
}

} // namespace tempfail::verdict
