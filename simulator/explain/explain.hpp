// What a status code means, who says it, why, and what a sender should do about it: data for
// `tempfail explain` and for the documentation.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::explain {

/// Who puts the code into the world.
enum class Kind : std::uint8_t {
  said,    ///< the receiving server says it on the wire
  induced, ///< nobody says it: the sender's own system writes it in its log and its notifications
  both,
};
constexpr std::string_view to_string(Kind kind) {
  constexpr std::string_view names[] = {"said", "induced", "both"};
  return names[static_cast<std::size_t>(kind)];
}

/// One failure, by the two notations that circulate for it. codes.yaml says what belongs in each member.
struct Entry {
  std::string status;     ///< "4.3.2"
  std::string reply;      ///< "432"; empty where no one reply stands for it
  std::string title;      ///< a few words
  std::string meaning;    ///< what bounce guides mean by it, sentences
  std::string registered; ///< what RFC 3463 and its registry say of the status
  Kind kind{};
  std::string who;               ///< who says it
  std::string why;               ///< what has happened
  std::string advice;            ///< what a sender should do
  std::string when;              ///< when it should retry; empty where the question does not arise
  std::vector<std::string> wire; ///< what it looks like on the wire, or in a log
  std::vector<std::string> sources; ///< RFC sections
};

/// Every entry, by status.
std::span<const Entry> all();

/// The entry for "4.3.2" or "432"; spaces around it are allowed, and "421 4.3.2" means the 4.3.2.
/// Where several entries share a reply (550), the most usual one. Null when there is none: see
/// find_class.
const Entry* find(std::string_view code);

/// Every entry that has this status or reply, most usual first.
std::vector<const Entry*> find_all(std::string_view code);

/// What is true of any code that begins like this one ("4.9.9", "499"): a sender decides by the
/// first digit (RFC 5321 section 4.2.1). Null when the text is no status code at all.
const Entry* find_class(std::string_view code);

/// What a standard calls a code.
struct Registered {
  std::string_view code;   ///< "7.10" of X.7.10, or a reply: "502"
  std::string_view name;   ///< as registered
  std::string_view source; ///< the RFC
};

/// The IANA registry of SMTP enhanced status codes.
std::span<const Registered> registered_statuses();

/// What the registry says of a status, or RFC 5321 and its extensions of a reply. Null when the code
/// is in no standard: a provider's own, or nobody's.
const Registered* find_registered(std::string_view code);

/// The code in a text: of "421 4.3.2 Closing" the 4.3.2. Empty when there is none.
std::string_view code_in(std::string_view text);

/// True when both texts are the same status in either notation: "4.3.2" and "432".
bool same_status(std::string_view left, std::string_view right);

} // namespace tempfail::explain
