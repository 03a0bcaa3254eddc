// The keys of codes.yaml, and how they become entries.
#include "explain/codes.hpp"

#include "scenario/read_value.hpp"

#include <array>
#include <optional>
#include <string>

namespace tempfail::explain {
namespace {

using scenario::Map;
using scenario::MapKind;
using scenario::Mistakes;
using scenario::Named;
using scenario::Value;

constexpr std::array<std::string_view, 2> file_keys = {"codes", "classes"};
constexpr MapKind file_kind = {"file", file_keys, file_keys};

constexpr std::array<std::string_view, 12> entry_keys = {"status",     "reply", "title", "meaning",
                                                         "registered", "kind",  "who",   "why",
                                                         "advice",     "when",  "wire",  "sources"};
constexpr std::array<std::string_view, 10> required_keys = {
    "status", "title", "meaning", "registered", "kind", "who", "why", "advice", "wire", "sources"};
constexpr MapKind entry_kind = {"code", entry_keys, required_keys};

constexpr std::array<Named<Kind>, 3> kinds = {
    {{"said", Kind::said}, {"induced", Kind::induced}, {"both", Kind::both}}};

std::string text_of(const Map& map, std::string_view key, Mistakes& mistakes) {
  const Value* const value = map.find(key);
  if (value == nullptr) return {};
  return scenario::read_text(*value, "text", mistakes).value_or(std::string());
}

std::vector<std::string> texts_of(const Map& map, std::string_view key, Mistakes& mistakes) {
  std::vector<std::string> texts;
  const Value* const list = map.find(key);
  if (list == nullptr) return texts;
  if (!list->is_list()) scenario::note_wrong(*list, "list", {}, mistakes);
  for (const Value& item : list->items)
    if (auto text = scenario::read_text(item, "text", mistakes)) texts.push_back(*std::move(text));
  return texts;
}

Entry read_entry(const Value& value, Mistakes& mistakes) {
  const Map map(value, entry_kind, mistakes);
  Entry entry;
  entry.status = text_of(map, "status", mistakes);
  entry.reply = text_of(map, "reply", mistakes);
  entry.title = text_of(map, "title", mistakes);
  entry.meaning = text_of(map, "meaning", mistakes);
  entry.registered = text_of(map, "registered", mistakes);
  if (const Value* const kind = map.find("kind"))
    entry.kind = scenario::read_named(*kind, kinds, "kind", mistakes).value_or(Kind::said);
  entry.who = text_of(map, "who", mistakes);
  entry.why = text_of(map, "why", mistakes);
  entry.advice = text_of(map, "advice", mistakes);
  entry.when = text_of(map, "when", mistakes);
  entry.wire = texts_of(map, "wire", mistakes);
  entry.sources = texts_of(map, "sources", mistakes);
  return entry;
}

/// The entries that have no mistake.
std::vector<Entry> read_entries(const Value* list, Mistakes& mistakes) {
  std::vector<Entry> entries;
  if (list == nullptr) return entries;
  if (!list->is_list()) scenario::note_wrong(*list, "list", {}, mistakes);
  for (const Value& item : list->items) {
    const std::size_t before = mistakes.count();
    Entry entry = read_entry(item, mistakes);
    if (mistakes.count() == before) entries.push_back(std::move(entry));
  }
  return entries;
}

} // namespace

Codes read_codes(std::string_view text, Mistakes& mistakes) {
  const std::optional<Value> document = scenario::parse_document(text, mistakes);
  if (!document) return {};
  const Map map(*document, file_kind, mistakes);
  return {read_entries(map.find("codes"), mistakes), read_entries(map.find("classes"), mistakes)};
}

} // namespace tempfail::explain
