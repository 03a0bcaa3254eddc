// What a handover's event says of the marks in its message.
#pragma once

#include "journal/event.hpp"
#include "mime/marks.hpp"

namespace tempfail::control {

/// The event points into `marks`, which outlives it.
inline void note_marks(const mime::Marks& marks, journal::event::Handover& event) {
  event.text_size = marks.text_size;
  event.marks = marks.found;
  event.letters = marks.letters;
  event.missing_fields = marks.missing_fields;
  event.text_hash = marks.text_hash;
  event.repeated_fields = marks.repeated_fields;
}

} // namespace tempfail::control
