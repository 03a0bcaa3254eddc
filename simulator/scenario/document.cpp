// Builds values from YAML's events. Events, not nodes: they tell the place of every key, and show
// keys that are given twice.
#include "scenario/document.hpp"

#include "base/printable.hpp"
#include "scenario/units.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_map>
#include <utility>

namespace tempfail::scenario {
namespace {

constexpr std::string_view merge_key = "<<";

FilePosition place_of(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1};
}

struct TooLarge {};

/// What a value weighs against document_value_limit: one, and more for a long text.
std::size_t weight(const Value& value) {
  std::size_t sum = 1 + value.text.size() / 64;
  for (const Value& item : value.items)
    sum += weight(item);
  for (const Member& member : value.members)
    sum += weight(member.value);
  return sum;
}

/// Receives the events of one document.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(Mistakes& mistakes) : mistakes_(mistakes) {}

  Value take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Value value;
    value.at = place_of(mark);
    finish_new(std::move(value), anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                const std::string& text) override {
    Value value;
    value.kind = Value::Kind::scalar;
    value.at = place_of(mark);
    value.text = text;
    finish_new(std::move(value), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) { // an alias inside of what it stands for
      mistakes_.add(place_of(mark), "an alias can't be used inside its own anchor");
      return OnNull(mark, YAML::NullAnchor);
    }
    charge(weight(found->second));
    finish(found->second, YAML::NullAnchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    start(Value::Kind::list, mark, anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    start(Value::Kind::map, mark, anchor);
  }
  void OnMapEnd() override { end(); }

 private:
  struct Open {
    Value value;
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::optional<Value> key; // of a map, waiting for its value
    std::vector<Value> merged;
    std::unordered_map<std::string, std::size_t> places; // of the members, by key

    const Member* find_member(const std::string& wanted) const {
      const auto found = places.find(wanted);
      return found == places.end() ? nullptr : &value.members[found->second];
    }
    void add_member(Member member) {
      places.emplace(member.key, value.members.size());
      value.members.push_back(std::move(member));
    }
  };

  void charge(std::size_t amount) {
    weight_ += amount;
    if (weight_ > document_value_limit) throw TooLarge();
  }

  void start(Value::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    charge(1);
    Open open;
    open.value.kind = kind;
    open.value.at = place_of(mark);
    open.anchor = anchor;
    open_.push_back(std::move(open));
  }

  void end() {
    Open open = std::move(open_.back());
    open_.pop_back();
    for (const Value& merged : open.merged)
      merge(merged, open);
    finish(std::move(open.value), open.anchor);
  }

  void finish_new(Value value, YAML::anchor_t anchor) {
    charge(weight(value));
    finish(std::move(value), anchor);
  }

  /// A value is complete: remembers its anchor, and puts it where it belongs.
  void finish(Value value, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) { // a copy, which takes as much memory as any other value
      charge(weight(value));
      anchors_[anchor] = value;
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& parent = open_.back();
    if (parent.value.is_list()) {
      parent.value.items.push_back(std::move(value));
    } else if (!parent.key) {
      parent.key = std::move(value);
    } else {
      add_member(parent, std::move(*parent.key), std::move(value));
      parent.key.reset();
    }
  }

  void add_member(Open& parent, Value key, Value value) {
    if (!key.is_scalar()) {
      mistakes_.add(key.at, "a key must be a word");
    } else if (key.text == merge_key) {
      parent.merged.push_back(std::move(value));
    } else if (const Member* first = parent.find_member(key.text)) {
      mistakes_.add(key.at, "`" + key.text + "` is given twice, first in line " +
                                std::to_string(first->at.line));
    } else {
      parent.add_member({std::move(key.text), key.at, std::move(value)});
    }
  }

  /// YAML's merge key: what is merged gives way to what is written.
  static void add_missing(const Value& merged, Open& into) {
    for (const Member& member : merged.members)
      if (into.find_member(member.key) == nullptr) into.add_member(member);
  }
  void merge(const Value& merged, Open& into) {
    if (merged.is_list()) {
      for (const Value& item : merged.items)
        merge(item, into);
    } else if (merged.is_map()) {
      add_missing(merged, into);
    } else {
      mistakes_.add(merged.at, "`<<` merges maps", "an alias of a map, or a list of such");
    }
  }

  Mistakes& mistakes_;
  Value root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Value> anchors_;
  std::size_t weight_ = 0; // of all values so far, aliases as often as they are used, anchors twice
};

/// Finds what YAML forbids (section 5.1) and its library lets through: it could draw on a terminal that shows the file.
/// False: there is some, and it is told.
bool is_text(std::string_view text, Mistakes& mistakes) {
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string line(text.substr(0, end));
    if (line.ends_with('\r')) line.pop_back();
    std::replace(line.begin(), line.end(), '\t', ' ');
    const std::string shown = base::printable(line);
    if (shown != line) {
      const auto place = std::mismatch(line.begin(), line.end(), shown.begin()).first;
      mistakes.add({number, static_cast<int>(place - line.begin()) + 1},
                   "a control character, or a byte that is not UTF-8",
                   "an escape in double quotes, such as \"\\e\"");
      return false;
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return true;
}

} // namespace

std::optional<Value> parse_document(std::string_view text, Mistakes& mistakes,
                                    std::string_view kind) {
  const std::string word(kind);
  if (text.size() > document_size_limit) {
    mistakes.add({}, "the file is larger than a " + word + " can be",
                 "at most " + size_to_string(document_size_limit));
    return std::nullopt;
  }
  if (!is_text(text, mistakes)) return std::nullopt;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder(mistakes);
    if (!parser.HandleNextDocument(builder)) {
      mistakes.add({1, 1}, "the file is empty");
      return std::nullopt;
    }
    Builder second(mistakes);
    if (parser.HandleNextDocument(second))
      mistakes.add(second.take_root().at,
                   "a file holds one " + word + ", and here a second one begins");
    return builder.take_root();
  } catch (const YAML::Exception& error) {
    const bool colon = error.msg.find("illegal map value") != std::string::npos;
    mistakes.add(place_of(error.mark), "not valid YAML: " + error.msg,
                 colon ? "a text with `: ` in it needs quotes" : "");
  } catch (const TooLarge&) {
    mistakes.add({}, "the file holds more values than a " + word + " can have",
                 "at most " + std::to_string(document_value_limit));
  }
  return std::nullopt;
}

namespace {

constexpr std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
  constexpr std::uint64_t prime = 0x9E3779B97F4A7C15U; // spreads what is alike over all bits
  hash = (hash ^ value) * prime;
  return hash ^ (hash >> 29U);
}

std::uint64_t hash_of_text(std::string_view text) {
  std::uint64_t hash = text.size();
  for (const char c : text)
    hash = mixed(hash, static_cast<unsigned char>(c));
  return hash;
}

} // namespace

std::uint64_t hash_of(const Value& value) {
  std::uint64_t hash = mixed(static_cast<std::uint64_t>(value.kind) + 1, hash_of_text(value.text));
  for (const Value& item : value.items)
    hash = mixed(hash, hash_of(item));
  std::uint64_t members = 0; // added up, so that their order does not matter
  for (const Member& member : value.members)
    members += mixed(hash_of_text(member.key), hash_of(member.value));
  return mixed(hash, members);
}

} // namespace tempfail::scenario
