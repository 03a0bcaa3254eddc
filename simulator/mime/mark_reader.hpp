// Finds marks in a text that comes in pieces.
#pragma once

#include "mime/marks.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tempfail::mime {

/// One that was found. Its texts live during the call.
struct FoundMark {
  std::string_view handover;
  MarkPlace place{};
  std::size_t dots = 0;       ///< right before it; 2: or more
  std::string_view letters{}; ///< at MarkPlace::letters what follows it
  std::string name() const { return std::string(handover) + "-" + std::string(to_string(place)); }
};

/// White space counts for nothing.
class MarkReader {
 public:
  explicit MarkReader(std::function<void(const FoundMark&)> on_mark)
      : on_mark_(std::move(on_mark)) {}

  void add(std::string_view piece);
  /// Nothing more comes.
  void finish();
  /// Bytes so far, without white space.
  std::uint64_t text_size() const { return text_size_; }
  /// Calls this with the text, too, without white space: each mark is told of before the text that begins with it.
  void on_text(std::function<void(std::string_view)> on_text) { on_text_ = std::move(on_text); }

 private:
  void scan(bool is_end);
  void tell(std::size_t end);
  void read(std::size_t begin) const;

  std::function<void(const FoundMark&)> on_mark_;
  std::string window_;        ///< what was not looked at yet, and the bytes before it
  std::size_t looked_at_ = 0; ///< of the window
  std::uint64_t text_size_ = 0;
  std::function<void(std::string_view)> on_text_; ///< empty: nobody listens
  std::size_t told_ = 0;                          ///< of the window, to it
};

} // namespace tempfail::mime
