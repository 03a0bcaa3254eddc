// The mistakes of one file, gathered so that all of them are told at once.
#pragma once

#include "scenario/mistake.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::scenario {

/// A place in the file at hand; line and column count from 1, 0 means the whole file.
struct FilePosition {
  int line = 0;
  int column = 0;
};

/// Collects mistakes.
class Mistakes {
 public:
  static constexpr std::size_t most = 200;

  explicit Mistakes(std::string file) : file_(std::move(file)) {}

  /// `what` may quote the file: it is made printable here, and cut. After the first `most` they are only counted.
  void add(FilePosition at, std::string_view what, std::string allowed = {});
  /// Those to come are only counted: what they would say need not be found out.
  bool is_full() const { return found_.size() >= most; }
  bool none() const { return found_.empty(); }
  std::size_t count() const { return found_.size() + more_; }
  /// In the order of the file, without repetitions (a value used twice through an alias); the last one says how many
  /// more there are.
  std::vector<Mistake> take();

 private:
  std::string file_;
  std::vector<Mistake> found_;
  std::size_t more_ = 0;
};

/// "a, b, c"
template <typename Names>
std::string join(const Names& names) {
  std::string text;
  for (const auto& name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

} // namespace tempfail::scenario
