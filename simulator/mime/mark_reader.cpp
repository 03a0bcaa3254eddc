// Keeps as much of the text as a mark may need that has begun.
#include "mime/mark_reader.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace tempfail::mime {
namespace {

constexpr std::string_view prefix = "tempfail-mark-";
constexpr std::array<std::string_view, 5> place_names = {"begin", "end", "attachment", "dot",
                                                         "letters"};
constexpr std::size_t longest_handover = 20;
constexpr std::size_t longest_letters = 64; // bytes, whatever the character set
constexpr std::size_t longest_mark =
    prefix.size() + longest_handover + sizeof("-attachment.") + longest_letters;
constexpr std::size_t max_dots = 2; // before a mark

bool is_word_byte(char c) {
  return base::is_digit(c) || base::is_letter(c);
}

bool is_white(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0' || c == '\f' || c == '\v';
}

} // namespace

std::string_view to_string(MarkPlace place) {
  return place_names[static_cast<std::size_t>(place)];
}

std::string mark_text(std::string_view handover, MarkPlace place) {
  return std::string(prefix) + std::string(handover) + "-" + std::string(to_string(place)) + ".";
}

void MarkReader::add(std::string_view piece) {
  const std::size_t before = window_.size();
  std::copy_if(piece.begin(), piece.end(), std::back_inserter(window_),
               [](char c) { return !is_white(c); });
  text_size_ += window_.size() - before;
  scan(false);
}

void MarkReader::finish() {
  scan(true);
  tell(window_.size());
  window_.clear();
  looked_at_ = told_ = 0;
}

void MarkReader::tell(std::size_t end) {
  if (on_text_ && told_ < end) on_text_(std::string_view(window_).substr(told_, end - told_));
  told_ = std::max(told_, end);
}

void MarkReader::scan(bool is_end) {
  std::size_t begin = window_.find(prefix, looked_at_);
  for (; begin != std::string::npos; begin = window_.find(prefix, looked_at_)) {
    if (!is_end && window_.size() - begin < longest_mark) break; // its end is yet to come
    tell(begin);
    read(begin);
    looked_at_ = begin + prefix.size();
  }
  // A prefix may have begun, too.
  const std::size_t open = std::min(window_.size(), prefix.size() - 1);
  looked_at_ = std::max(looked_at_, begin != std::string::npos ? begin : window_.size() - open);
  tell(looked_at_);
  const std::size_t done = looked_at_ - std::min(looked_at_, max_dots);
  window_.erase(0, done);
  looked_at_ -= done;
  told_ -= done;
}

/// The mark that begins here: "tempfail-mark-1-begin." and more. One that was cut or altered is none.
void MarkReader::read(std::size_t begin) const {
  std::string_view rest = std::string_view(window_).substr(begin + prefix.size());
  const auto word_end = std::find_if_not(rest.begin(), rest.end(), is_word_byte);
  FoundMark mark;
  mark.handover = rest.substr(0, static_cast<std::size_t>(word_end - rest.begin()));
  rest.remove_prefix(mark.handover.size());
  if (mark.handover.empty() || mark.handover.size() > longest_handover || !rest.starts_with('-'))
    return;
  rest.remove_prefix(1);
  const auto place =
      std::find_if(place_names.begin(), place_names.end(), [rest](std::string_view name) {
        return rest.starts_with(name) && rest.substr(name.size()).starts_with('.');
      });
  if (place == place_names.end()) return;
  mark.place = static_cast<MarkPlace>(place - place_names.begin());
  if (mark.place == MarkPlace::letters) {
    rest.remove_prefix(place->size() + 1);
    mark.letters = rest.substr(0, rest.find('.'));
    if (mark.letters.size() == rest.size() || mark.letters.size() > longest_letters) return;
  }
  while (mark.dots < max_dots && mark.dots < begin && window_[begin - 1 - mark.dots] == '.')
    ++mark.dots;
  on_mark_(mark);
}

} // namespace tempfail::mime
