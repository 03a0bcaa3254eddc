// Fuzzes what reads messages: notifications, marks, character sets. Invariants:
// - Any bytes are a message, with whatever parts it has.
// - What is found of a message lies within its limits; a mark that was put into it is found again.
#include "mime/notification.hpp"
#include "fuzz/targets.hpp"
#include "mime/charsets.hpp"
#include "mime/marks.hpp"
#include "wire/delivery_report.hpp"

#include <string>

namespace tempfail::fuzz {

void fuzz_notification(std::string_view input) {
  const mime::Notification found = mime::read_notification(input);
  for (const std::string_view fields : {std::string_view(found.fields), input}) {
    const wire::DeliveryStatus status = wire::read_delivery_status(fields);
    for (const wire::RecipientReport& report : status.recipients)
      require(report.recipient.find('\n') == std::string::npos,
              "notification: a field is on one line");
  }
  static_cast<void>(mime::charsets_of(input));
  const std::optional<mime::Marks> marks = mime::find_marks(input);
  require(marks.has_value() == mime::is_within({}, input),
          "notification: what is within the limits is looked at, and nothing else");
  const std::string marked = "Subject: x\r\n\r\n" + mime::mark_text("1", mime::MarkPlace::begin);
  const std::optional<mime::Marks> again = mime::find_marks(marked);
  require(again && again->found.find("1-begin") != std::string::npos,
          "notification: a mark is found again");
}

} // namespace tempfail::fuzz
