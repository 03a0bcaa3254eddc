// Whether what arrives is what was handed over, and goes to nobody else.
#include "verdict/rule.hpp"
#include "verdict/words.hpp"

#include <algorithm>
#include <array>

namespace tempfail::verdict {
namespace {

using scenario::Level;

/// The parts of a handed-over message that have a mark.
constexpr std::array<std::string_view, 3> parts = {"begin", "end", "attachment"};

/// The parts whose mark is not in a copy: "its end and its attachment".
std::string missing_parts(const journal::event::Handover& handover,
                          const journal::event::Content& copy) {
  std::vector<std::string> missing;
  for (const std::string_view part : parts)
    if (!has_word(copy.marks, std::string(handover.id) + "-" + std::string(part)))
      missing.push_back("its " + std::string(part == "begin" ? "beginning" : part));
  std::string text;
  for (std::size_t i = 0; i < missing.size(); ++i)
    text += (i == 0 ? "" : i + 1 == missing.size() ? " and " : ", ") + missing[i];
  return text;
}

/// The copies of a message that were offered to a recipient as far as their end, in order.
template <typename Visit>
void each_copy(const Delivery& delivery, Visit&& visit) {
  for (const Try& attempt : delivery.tries)
    if (attempt.transaction != nullptr && attempt.transaction->facts() != nullptr)
      visit(attempt, *attempt.transaction->facts());
}

/// Whether the sender sends what it was given, and not something that it composes itself.
bool is_given(const Message& message) {
  if (message.handover->content == "given") return true;
  bool any = false;
  for (const Delivery& delivery : message.deliveries)
    each_copy(delivery, [&](const Try&, const journal::event::Content& copy) {
      any = any || !copy.marks.empty();
    });
  return any;
}

/// Some texts change a little from try to try: a date, a number.
bool has_less(std::uint64_t size, std::uint64_t fullest) {
  constexpr std::uint64_t allowance = 64; // bytes
  return size + allowance + fullest / 50 < fullest || (size == 0 && fullest != 0);
}

/// Bytes of text, which are counted without white space, that a message may lose on a right way: its letters in another
/// character set.
constexpr std::uint64_t lost_letters = 16;

/// What an accepted copy lacks of what the sender was given; empty: nothing.
std::string lacks_of_given(const journal::event::Handover& handover,
                           const journal::event::Content& copy) {
  if (const std::string missing = missing_parts(handover, copy); !missing.empty())
    return "it lacks " + missing;
  if (*copy.text_size + lost_letters >= handover.text_size) return {};
  return "its text has " + std::to_string(*copy.text_size) + " bytes without white space, and " +
         std::to_string(handover.text_size) + " were handed over";
}

/// What an accepted copy lacks of one that was offered before; empty: nothing.
std::string lacks_of_fullest(const journal::event::Content* fullest,
                             const journal::event::Content& copy) {
  if (fullest == nullptr || !has_less(*copy.text_size, *fullest->text_size)) return {};
  return "its text has " + std::to_string(*copy.text_size) + " bytes, but an earlier copy had " +
         std::to_string(*fullest->text_size);
}

Check content(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  Check check;
  for (const Message& message : observed.messages) {
    if (message.handover == nullptr) continue;
    const bool given = is_given(message);
    // The fullest copy that was offered before, to whichever recipient.
    const journal::event::Content* fullest = nullptr;
    for (const Delivery& delivery : message.deliveries)
      each_copy(delivery, [&](const Try& attempt, const journal::event::Content& copy) {
        if (!copy.text_size) return; // nobody looked
        if (attempt.result == Result::accepted) {
          std::string lacks = given ? lacks_of_given(*message.handover, copy) : std::string();
          if (lacks.empty()) lacks = lacks_of_fullest(fullest, copy);
          if (!lacks.empty())
            failures.add(name_of(delivery) + ": what was accepted is not the message: " + lacks +
                             " (" + std::to_string(copy.size) + " bytes arrived; " +
                             std::to_string(message.handover->size) + " were handed over)",
                         {},
                         {evidence(*attempt.transaction->content), evidence(observed, attempt)});
          else if (check.outcome == Outcome::not_applicable)
            check = Check::pass(given ? "all of the message arrived"
                                      : "no copy has less text than an earlier one");
        }
        if (fullest == nullptr || *copy.text_size > *fullest->text_size) fullest = &copy;
      });
  }
  return failures.empty() ? check : failures.check();
}

/// Recipients of a transaction that nobody asked for, none of them refused at once by the client's own doing.
Check recipients(const Case& observed, const scenario::Expectation*) {
  if (!observed.knows_handovers()) return {};
  Failures failures;
  for (const Transaction* transaction : observed.strangers)
    for (const RecipientReply& recipient : transaction->recipients) {
      const bool known = std::any_of(
          observed.messages.begin(), observed.messages.end(), [&](const Message& message) {
            return std::any_of(
                message.deliveries.begin(), message.deliveries.end(),
                [&](const Delivery& it) { return it.recipient == recipient.address; });
          });
      if (!known)
        failures.add(recipient.address + " was named, but is not a recipient of any message", {},
                     {evidence(*recipient.event)});
    }
  if (!failures.empty()) return failures.check();
  return observed.sessions.empty() ? Check{}
                                   : Check::pass("only recipients of the messages were named");
}

constexpr std::array content_table = {
    Rule{{"content", "What is accepted is the message that was handed over, all of it.",
          "RFC 5321 section 6.1", Keyword::stated, Level::must, true,
          "a message that arrives without its text or its attachment is lost"},
         content},
    Rule{{"recipients", "The message goes to its recipients and to nobody else.",
          "RFC 5321 section 3.3", Keyword::stated, Level::must, true,
          "a message that reached the wrong person can't be called back"},
         recipients},
};

} // namespace

std::span<const Rule> content_rules() {
  return content_table;
}

} // namespace tempfail::verdict
