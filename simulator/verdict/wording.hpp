// How the judge speaks: durations as people say them, and events as evidence.
#pragma once

#include "verdict/observation.hpp"
#include "verdict/verdict.hpp"

#include <string>
#include <string_view>

namespace tempfail::verdict {

/// Two units at most, whole seconds from ten on: "1h30m", "12s", "9s350ms", "0s".
std::string in_words(Duration duration);
/// "30m..4h" and "at least 30m".
std::string in_words(const scenario::Range<Duration>& range);
/// What a port that answers so does to connections: "refused", "not answered".
std::string in_words(scenario::ListenAnswer answer);
/// What the server answers at a stage: "MAIL", "the end of the content", "the connection".
std::string_view in_words(scenario::Stage stage);
/// "once", "3 times".
std::string times(std::size_t count);
/// "1 try", "3 tries".
std::string tries(std::size_t count);
/// "a@b.test" or "the message" when no recipient was ever named.
std::string name_of(const Delivery& delivery);
/// "the message for a@b.test" or "the message".
std::string message_for(const Delivery& delivery);

/// The first line of a reply without its end.
std::string first_line(std::string_view reply);
/// What an event shows, in one line: "MAIL FROM:<a@b> -> 452 4.3.1 Full".
std::string describe(const journal::Event& event);
Evidence evidence(const journal::Event& event);
Evidence evidence(const journal::Event& event, std::string text);
/// A try: what was answered, or how it was lost.
Evidence evidence(const Case& observed, const Try& attempt);
std::string describe(const Try& attempt);
/// How a try failed, as the object of "after": "the 452 to MAIL", "the missing reply to DATA", "the lost connection".
std::string failure_of(const Try& attempt);

} // namespace tempfail::verdict
