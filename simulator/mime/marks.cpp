// Decodes a message's parts piece by piece and looks for marks in what comes out, white space left out.
#include "mime/marks.hpp"

#include "mime/gmime_objects.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace tempfail::mime {
namespace {

constexpr std::string_view prefix = "tempfail-mark-";
constexpr std::array<std::string_view, 3> place_names = {"begin", "end", "attachment"};
constexpr std::size_t longest_handover = 20;
constexpr std::size_t longest_mark = prefix.size() + longest_handover + sizeof("-attachment.");

bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The parts of one message, and what was found in them.
class Search {
 public:
  explicit Search(const MarkLimits& limits) : limits_(limits) {}

  /// False: over a limit.
  bool message(GMimeMessage* message, std::size_t depth) {
    GMimeObject* const body = g_mime_message_get_mime_part(message);
    return body == nullptr || object(body, depth + 1, false);
  }
  Marks take() { return std::move(marks_); }

 private:
  bool object(GMimeObject* part, std::size_t depth, bool in_report) {
    if (depth > limits_.depth) return false;
    if (GMIME_IS_MULTIPART(part)) return multipart(part, depth);
    if (GMIME_IS_MESSAGE_PART(part)) {
      // What a notification returns is not what was delivered.
      GMimeMessage* const inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(part));
      return in_report || inner == nullptr || message(inner, depth);
    }
    if (GMIME_IS_PART(part)) leaf(GMIME_PART(part));
    return marks_seen_.size() <= limits_.marks;
  }

  bool multipart(GMimeObject* part, std::size_t depth) {
    GMimeContentType* const type = g_mime_object_get_content_type(part);
    const bool is_report = g_mime_content_type_is_type(type, "multipart", "report") != 0;
    GMimeMultipart* const parts = GMIME_MULTIPART(part);
    for (int i = 0; i < g_mime_multipart_get_count(parts); ++i)
      if (!object(g_mime_multipart_get_part(parts, i), depth + 1, is_report)) return false;
    return true;
  }

  void leaf(GMimePart* part) {
    GMimeDataWrapper* const content = g_mime_part_get_content(part);
    GMimeStream* const encoded =
        content == nullptr ? nullptr : g_mime_data_wrapper_get_stream(content);
    if (encoded == nullptr) return;
    g_mime_stream_reset(encoded);
    const Owned<GMimeStream> decoded(g_mime_stream_filter_new(encoded));
    const GMimeContentEncoding encoding = g_mime_data_wrapper_get_encoding(content);
    if (encoding == GMIME_CONTENT_ENCODING_BASE64 ||
        encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE ||
        encoding == GMIME_CONTENT_ENCODING_UUENCODE) {
      const Owned<GMimeFilter> filter(g_mime_filter_basic_new(encoding, FALSE));
      g_mime_stream_filter_add(GMIME_STREAM_FILTER(decoded.get()), filter.get());
    }
    window_.clear();
    std::array<char, 16384> piece{};
    while (true) {
      const auto size = g_mime_stream_read(decoded.get(), piece.data(), piece.size());
      if (size <= 0) return;
      text({piece.data(), static_cast<std::size_t>(size)});
    }
  }

  /// The next decoded bytes of a part.
  void text(std::string_view piece) {
    const std::size_t before = window_.size();
    std::copy_if(piece.begin(), piece.end(), std::back_inserter(window_), [](char c) {
      return c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != '\0' && c != '\f' && c != '\v';
    });
    marks_.text_size += window_.size() - before;
    for (std::size_t at = window_.find(prefix); at != std::string::npos;
         at = window_.find(prefix, at + 1))
      mark(std::string_view(window_).substr(at + prefix.size()));
    // A mark that has begun may end in the next piece.
    if (window_.size() > longest_mark) window_.erase(0, window_.size() - longest_mark);
  }

  /// What follows the prefix: "1-begin." and more.
  void mark(std::string_view rest) {
    const auto word_end = std::find_if_not(rest.begin(), rest.end(), is_word_byte);
    const std::string_view handover =
        rest.substr(0, static_cast<std::size_t>(word_end - rest.begin()));
    rest.remove_prefix(handover.size());
    if (handover.empty() || handover.size() > longest_handover || !rest.starts_with('-')) return;
    rest.remove_prefix(1);
    for (const std::string_view place : place_names) {
      if (!rest.starts_with(place) || !rest.substr(place.size()).starts_with('.')) continue;
      std::string name = std::string(handover) + "-" + std::string(place);
      if (marks_seen_.size() > limits_.marks || !marks_seen_.insert(name).second) return;
      if (!marks_.found.empty()) marks_.found += ' ';
      marks_.found += name;
    }
  }

  const MarkLimits& limits_;
  Marks marks_;
  std::set<std::string> marks_seen_;
  std::string window_; ///< the last decoded bytes of the part at hand, without white space
};

} // namespace

std::string_view to_string(MarkPlace place) {
  return place_names[static_cast<std::size_t>(place)];
}

std::string mark_text(std::string_view handover, MarkPlace place) {
  return std::string(prefix) + std::string(handover) + "-" + std::string(to_string(place)) + ".";
}

std::optional<Marks> find_marks(std::string_view content, const MarkLimits& limits) {
  if (!is_within(limits.message, content)) return std::nullopt;
  const Owned<GMimeMessage> message = parse_message(content);
  if (!message) return Marks{};
  Search search(limits);
  if (!search.message(message.get(), 0)) return std::nullopt;
  return search.take();
}

} // namespace tempfail::mime
