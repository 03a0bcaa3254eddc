// What is known of the classes: what the first digit alone says.
#include "explain/table.hpp"

#include <array>

namespace tempfail::explain {
namespace {

constexpr std::array<std::string_view, 1> wire_2_x_x = {"250 2.0.0 Ok"};
constexpr std::array<std::string_view, 2> sources_2_x_x = {"RFC 5321 section 4.2.1",
                                                           "RFC 3463 section 2"};
constexpr std::array<std::string_view, 1> wire_4_x_x = {"4yz text"};
constexpr std::array<std::string_view, 3> sources_4_x_x = {
    "RFC 5321 section 4.2.1", "RFC 5321 section 4.5.4.1", "RFC 3463 section 2"};
constexpr std::array<std::string_view, 1> wire_5_x_x = {"5yz text"};
constexpr std::array<std::string_view, 2> sources_5_x_x = {"RFC 5321 section 4.2.1",
                                                           "RFC 3463 section 2"};

constexpr std::array<Entry, 3> entries = {{
    {.status = "2.x.x",
     .reply = "2yz",
     .title = "Success",
     .meaning = "The action was done.",
     .registered = "Success (2.X.X).",
     .kind = Kind::said,
     .who = "The receiving server.",
     .why = "All is well.",
     .advice = "Go on. After a 250 to the final dot the message is the server's to deliver.",
     .when = "Not at all.",
     .wire = wire_2_x_x,
     .sources = sources_2_x_x},
    {.status = "4.x.x",
     .reply = "4yz",
     .title = "Transient failure",
     .meaning = "The action was not done, and it may be done if it is asked for again, unchanged.",
     .registered = "Persistent transient failure (4.X.X).",
     .kind = Kind::both,
     .who = "The receiving server; as a status also the sender's own system.",
     .why = "Something that may pass.",
     .advice = "Keep the message and try again. The first digit decides: a code you don't know is "
               "treated like 450.",
     .when = "After at least 30 minutes, then at growing intervals, for 4 to 5 days.",
     .wire = wire_4_x_x,
     .sources = sources_4_x_x},
    {.status = "5.x.x",
     .reply = "5yz",
     .title = "Permanent failure",
     .meaning = "The action was not done, and must not be asked for again in the same form.",
     .registered = "Permanent failure (5.X.X).",
     .kind = Kind::both,
     .who = "The receiving server; as a status also the sender's own system.",
     .why = "Something that does not pass by itself.",
     .advice = "Report failure to the author, once. The first digit decides: a code you don't know "
               "is treated like 550.",
     .when = "Never: report failure once.",
     .wire = wire_5_x_x,
     .sources = sources_5_x_x},
}};

} // namespace

std::span<const Entry> class_entries() {
  return entries;
}

} // namespace tempfail::explain
