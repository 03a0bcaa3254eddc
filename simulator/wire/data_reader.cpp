// The reader takes long runs of content in one go, and single bytes only at a dot at a line's front.
//
// Rules of this file:
// - Only CR LF ends a line: dots behind a bare LF are text (RFC 5321 section 2.3.8), so that nobody
//   can smuggle a second message through the content.
// - A run is handed on after unstuffing, in any pieces: scan, header scan and hash don't see pieces.
#include "wire/data_reader.hpp"

#include <algorithm>
#include <limits>

namespace tempfail::wire {

DataReader::DataReader(Framing framing, std::size_t header_limit, std::size_t content_limit)
    : framing_(framing), header_limit_(header_limit), content_limit_(content_limit) {}

void DataReader::settle() {
  const std::uint64_t longest = std::max(scan_.longest_line, scan_.line_length);
  facts_.longest_line = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(longest, std::numeric_limits<std::uint32_t>::max()));
  facts_.bare_lf = scan_.bare_lf;
  facts_.bare_cr = scan_.bare_cr;
  facts_.eight_bit = scan_.eight_bit;
  facts_.nul = scan_.nul;
}

void DataReader::take(std::string_view bytes) {
  facts_.size += bytes.size();
  hash_.add(bytes);
  header_scan_.add(bytes, facts_.headers, header_limit_, facts_.received_fields);
  if (content_.size() < content_limit_)
    content_.append(bytes.substr(0, content_limit_ - content_.size()));
}

void DataReader::take_within_line(std::string_view& input) {
  const bool dots = framing_ == Framing::dots;
  const std::size_t length = scan_.scan(input, dots);
  take(input.substr(0, length));
  input.remove_prefix(length);
  front_ = dots && scan_.at_line_start ? Front::start : Front::none;
}

bool DataReader::feed(std::string_view& input) {
  const std::size_t offered = input.size();
  bool complete = false;
  while (!input.empty() && !complete) {
    const char c = input.front();
    switch (front_) {
    case Front::start:
      if (framing_ == Framing::dots && c == '.') {
        front_ = Front::dot;
        input.remove_prefix(1);
      } else {
        front_ = Front::none;
      }
      break;
    case Front::dot:
      if (c == '\r') {
        front_ = Front::dot_cr;
        input.remove_prefix(1);
      } else {
        facts_.unstuffed_dot = facts_.unstuffed_dot || c != '.';
        front_ = Front::none;
      }
      break;
    case Front::dot_cr:
      if (c == '\n') {
        input.remove_prefix(1);
        complete = true;
      } else {
        // The dot was stuffing, or should have been; the CR behind it is content.
        facts_.unstuffed_dot = true;
        std::string_view cr = "\r";
        take_within_line(cr);
        front_ = Front::none;
      }
      break;
    case Front::none: take_within_line(input); break;
    }
  }
  consumed_ += offered - input.size();
  settle();
  if (complete) finish();
  return complete;
}

void DataReader::finish() {
  if (scan_.after_cr) scan_.bare_cr = true;
  settle();
  facts_.hash = hash_.value();
}

} // namespace tempfail::wire
