// Whether what arrives is what was handed over, and goes to nobody else.
#include "base/ascii.hpp"
#include "verdict/addressees.hpp"
#include "verdict/rule.hpp"
#include "verdict/words.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace tempfail::verdict {
namespace {

using scenario::Level;

using journal::event::Content;
using journal::event::Handover;

/// A mark of a handed-over message, and the part of it that the mark stands for.
struct MarkedPart {
  std::string_view mark;
  std::string_view name;
  bool always = false; ///< in journals that don't say which marks a message has
};
constexpr std::array parts = {MarkedPart{"begin", "its beginning", true},
                              MarkedPart{"dot", "the line that begins with a dot"},
                              MarkedPart{"letters", "its non-ASCII letters"},
                              MarkedPart{"end", "its end", true},
                              MarkedPart{"attachment", "its attachment", true}};

/// "1-begin"
std::string mark_of(const Handover& handover, std::string_view mark) {
  return std::string(handover.id) + "-" + std::string(mark);
}
/// "1-begin" -> "1"
std::string_view id_of(std::string_view mark) {
  return mark.substr(0, mark.rfind('-'));
}

std::string listed(const std::vector<std::string>& texts) {
  std::string text;
  for (std::size_t i = 0; i < texts.size(); ++i)
    text += (i == 0 ? "" : i + 1 == texts.size() ? " and " : ", ") + texts[i];
  return text;
}

/// The parts whose mark is not in a copy: "its end and its attachment".
std::string missing_parts(const Handover& handover, const Content& copy) {
  std::vector<std::string> missing;
  for (const MarkedPart& part : parts) {
    const std::string mark = mark_of(handover, part.mark);
    const bool was_given = handover.marks.empty() ? part.always : has_word(handover.marks, mark);
    const bool is_there = has_word(copy.marks, mark) || has_word(copy.marks, mark + "less") ||
                          has_word(copy.marks, mark + "dot");
    if (was_given && !is_there) missing.emplace_back(part.name);
  }
  return listed(missing);
}

/// What shows that something belongs to another message that was handed over.
class Others {
 public:
  explicit Others(const Case& observed) {
    for (const Handover* handover : observed.handovers) {
      ids_.insert(handover->id);
      if (!handover->message_id.empty()) by_message_id_.emplace(handover->message_id, handover);
      if (!handover->sender.empty()) by_sender_.emplace(comparable(handover->sender), handover);
    }
  }

  /// What a copy of this message has of others; empty: nothing.
  std::string in(const Content& copy, const Handover& handover, const std::string& sender) const {
    std::string text;
    each_word(copy.marks, [&](std::string_view mark) {
      const std::string_view id = id_of(mark);
      if (text.empty() && id != handover.id && ids_.contains(id))
        text = "it has text of message " + std::string(id);
    });
    const auto header = by_message_id_.find(copy.message_id);
    if (text.empty() && header != by_message_id_.end() && copy.message_id != handover.message_id)
      text = "it has the header of message " + std::string(header->second->id) +
             " and the text of message " + std::string(handover.id);
    const auto other = by_sender_.find(sender);
    if (text.empty() && other != by_sender_.end() && comparable(handover.sender) != sender)
      text = "its envelope has the sender of message " + std::string(other->second->id);
    return text;
  }

 private:
  std::unordered_set<std::string_view> ids_;
  std::unordered_map<std::string_view, const Handover*> by_message_id_;
  std::unordered_map<std::string, const Handover*> by_sender_;
};

/// What became of the dot of the line that begins with one; empty: it is there.
std::string wrong_dot(const Handover& handover, const Content& copy) {
  const std::string mark = mark_of(handover, "dot");
  if (!has_word(handover.marks, mark)) return {};
  if (has_word(copy.marks, mark + "less"))
    return "the line that begins with a dot lost its dot: it has to be sent with a second dot, "
           "which the server removes (RFC 5321 section 4.5.2)";
  if (has_word(copy.marks, mark + "dot"))
    return "the line that begins with a dot arrived with several dots: one dot has to be added "
           "with DATA, and none with BDAT (RFC 5321 section 4.5.2, RFC 3030 section 2)";
  return {};
}

/// Which fields that were handed over are not in the header; empty: all are.
std::string missing_fields(const Handover& handover, const Content& copy) {
  std::vector<std::string> missing;
  each_word(copy.missing_fields, [&](std::string_view field) {
    if (!has_word(handover.missing_fields, field)) missing.emplace_back(field);
  });
  return listed(missing);
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
  if (message.handover->content_source == "given") return true;
  bool any = false;
  for (const Delivery& delivery : message.deliveries)
    each_copy(delivery, [&](const Try&, const Content& copy) { any = any || !copy.marks.empty(); });
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

/// What is wrong with an accepted copy of what the sender was given; empty: nothing.
std::string wrong_with_given(const Others& others, const Handover& handover,
                             const Transaction& transaction) {
  const Content& copy = *transaction.facts();
  if (std::string foreign = others.in(copy, handover, transaction.sender); !foreign.empty())
    return foreign;
  if (const std::string missing = missing_parts(handover, copy); !missing.empty())
    return "it lacks " + missing;
  bool repeats = false;
  each_word(copy.repeated_marks,
            [&](std::string_view mark) { repeats = repeats || id_of(mark) == handover.id; });
  if (repeats) return "its text appears more than once";
  const bool is_short = *copy.text_size + lost_letters < handover.text_size;
  // Where a line is lost the dot of another may come to stand before this one's.
  if (std::string dot = wrong_dot(handover, copy); !dot.empty() && !is_short) return dot;
  if (handover.letters && copy.letters && *handover.letters != *copy.letters)
    return "its non-ASCII letters, " + std::string(*handover.letters) +
           (copy.letters->empty() ? ", are missing" : ", arrived as ") + std::string(*copy.letters);
  if (const std::string missing = missing_fields(handover, copy); !missing.empty())
    return "its header lacks " + missing;
  if (!copy.repeated_fields.empty() && handover.repeated_fields.empty())
    return "its header has more than one field of these: " + std::string(copy.repeated_fields) +
           " (RFC 5322 section 3.6)";
  if (is_short)
    return "its text has " + std::to_string(*copy.text_size) + " bytes without white space, and " +
           std::to_string(handover.text_size) + " were handed over";
  // Letters may have come in another character set.
  const bool are_known = handover.text_hash != 0 && copy.text_hash != 0 && !handover.letters;
  if (are_known && copy.text_hash != handover.text_hash)
    return "its text between the marks is not the text that was handed over";
  return {};
}

/// What an accepted copy lacks of one that was offered before; empty: nothing.
std::string lacks_of_fullest(const Content* fullest, const Content& copy) {
  if (fullest == nullptr || !has_less(*copy.text_size, *fullest->text_size)) return {};
  return "its text has " + std::to_string(*copy.text_size) + " bytes, but an earlier copy had " +
         std::to_string(*fullest->text_size);
}

/// No text, and no field that each message has.
bool is_empty(const Content& copy) {
  std::size_t missing = 0;
  each_word(copy.missing_fields, [&missing](std::string_view) { ++missing; });
  return copy.text_size == 0 && missing == 3; // From, Date, Subject
}

/// Less than a tenth of what another recipient was offered.
bool is_next_to_nothing(const Content* fullest, const Content& copy) {
  return fullest != nullptr && *copy.text_size < *fullest->text_size / 10;
}

Check content(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  Check check;
  const Others others(observed);
  for (const Message& message : observed.messages) {
    if (message.handover == nullptr) continue;
    const bool given = is_given(message);
    // The fullest copy that was offered before, to this recipient and to any. An application may write to each in its
    // own words, but not nothing.
    const Content* fullest_of_all = nullptr;
    for (const Delivery& delivery : message.deliveries) {
      const Content* fullest = nullptr;
      each_copy(delivery, [&](const Try& attempt, const Content& copy) {
        if (!copy.text_size) return; // nobody looked
        if (attempt.result == TryResult::accepted) {
          std::string wrong =
              given ? wrong_with_given(others, *message.handover, *attempt.transaction)
                    : std::string();
          if (wrong.empty() && is_empty(copy)) wrong = "it is empty";
          if (wrong.empty()) wrong = lacks_of_fullest(fullest, copy);
          if (wrong.empty() && is_next_to_nothing(fullest_of_all, copy))
            wrong = lacks_of_fullest(fullest_of_all, copy);
          if (!wrong.empty())
            failures.add(message, delivery,
                         "the content that was accepted for " + name_of(delivery) +
                             " is not the whole message: " + wrong + " (" +
                             std::to_string(copy.size) + " bytes arrived; " +
                             std::to_string(message.handover->size) + " were handed over)",
                         {},
                         {evidence(*attempt.transaction->content), evidence(observed, attempt)});
          else if (check.outcome == Outcome::not_applicable)
            check = Check::pass(given ? "all of the message arrived"
                                      : "no copy has less text than an earlier one");
        }
        for (const Content** so_far : {&fullest, &fullest_of_all})
          if (*so_far == nullptr || *copy.text_size > *(*so_far)->text_size) *so_far = &copy;
      });
    }
  }
  return failures.empty() ? check : failures.check();
}

std::string_view local_part(std::string_view address) {
  return address.substr(0, address.rfind('@'));
}

/// How the local parts of recipients were written that were handed over, by comparable().
class Spellings {
 public:
  explicit Spellings(const Case& observed) {
    for (const Handover* handover : observed.handovers)
      for (const std::string_view recipient : handover->recipients)
        local_parts_[comparable(recipient)].insert(local_part(recipient));
  }

  /// A recipient that was handed over, in other capitals. In quotes it is another spelling of the same, and how the
  /// postmaster is written does not matter (RFC 5321 section 4.5.1).
  bool is_another(const RecipientReply& one) const {
    const auto* rcpt = as_exchange(one.event);
    const auto given = local_parts_.find(one.address);
    if (rcpt == nullptr || !rcpt->address || given == local_parts_.end()) return false;
    const std::string_view local = local_part(*rcpt->address);
    return !local.starts_with('"') && !base::equal_ignoring_case(local, "postmaster") &&
           !given->second.contains(local) &&
           std::none_of(given->second.begin(), given->second.end(),
                        [](std::string_view it) { return it.starts_with('"'); });
  }

 private:
  std::unordered_map<std::string, std::set<std::string_view>> local_parts_;
};

/// Recipients of a transaction that nobody asked for, none of them refused at once by the client's own doing.
Check recipients(const Case& observed, const scenario::Expectation*) {
  if (!observed.knows_handovers()) return {};
  std::unordered_set<std::string_view> known;
  for (const Message& message : observed.messages)
    for (const Delivery& delivery : message.deliveries)
      known.insert(delivery.recipient);
  Failures failures;
  const Spellings spellings(observed);
  for (const Session& session : observed.sessions)
    for (const Transaction& transaction : session.transactions)
      for (const RecipientReply& one : transaction.recipients)
        if (spellings.is_another(one))
          failures.add(one.address +
                           " was written with other upper and lower case: the local part of an "
                           "address has to stay as it is (RFC 5321 section 2.4)",
                       {}, {evidence(*one.event)});
  for (const Transaction* transaction : observed.unexpected_transactions)
    for (const RecipientReply& recipient : transaction->recipients) {
      if (!known.contains(recipient.address))
        failures.add("the sender named " + recipient.address +
                         ", which is not a recipient of any message",
                     {}, {evidence(*recipient.event)});
    }
  const Addressees addressees(observed);
  for (const Transaction* notification : observed.notifications)
    for (const RecipientReply& to : notification->recipients)
      if (const std::string wrong = addressees.wrong_with(*notification, to); !wrong.empty())
        failures.add(wrong, {}, {evidence(*to.event), evidence(*notification->content)});
  if (!failures.empty()) return failures.check();
  return observed.sessions.empty() ? Check{}
                                   : Check::pass("only recipients of the messages were named");
}

/// From <> come notifications: whose author has an address is sent with that, or with one that stands for it.
Check return_path(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  bool any = false;
  for (const Message& message : observed.messages) {
    if (message.handover == nullptr || message.sender.empty()) continue;
    for (const Delivery& delivery : message.deliveries)
      for (const Try& attempt : delivery.tries) {
        if (attempt.transaction == nullptr) continue;
        any = true;
        if (!attempt.transaction->sender.empty()) continue;
        failures.add(message, delivery,
                     "the message for " + delivery.recipient +
                         " came from <>, but was handed over with the sender " + message.sender,
                     {}, {evidence(*attempt.transaction->mail)});
        break;
      }
  }
  if (!failures.empty()) return failures.check();
  return any ? Check::pass("every message came from an address") : Check{};
}

constexpr std::array content_table = {
    Rule{{"content", "The accepted content is the whole message that was handed over.",
          "RFC 5321 section 6.1", Keyword::stated, Level::must, true,
          "a message that arrives without its text or its attachment is lost"},
         content},
    Rule{{"recipients", "The message goes to its recipients and to nobody else.",
          "RFC 5321 section 3.3", Keyword::stated, Level::must, true,
          "a message that reached the wrong person can't be called back"},
         recipients},
    Rule{{"return-path", "A message that has an author is not sent from <>.",
          "RFC 5321 section 4.5.5", Keyword::should, Level::should, true},
         return_path},
};

} // namespace

std::span<const Rule> content_rules() {
  return content_table;
}

} // namespace tempfail::verdict
