// The one table of faults, made from the list; std::visit has no default.
#include "faults/fault.hpp"

#include <utility>

namespace tempfail::faults {
namespace {

using scenario::Mistakes;
using scenario::Value;

/// How a fault comes to be, from a word or from a value.
struct Maker {
  std::string_view key;
  std::optional<Fault> (*from_word)();
  std::optional<Fault> (*from_value)(const Value& value, Mistakes& mistakes);
};

template <typename Each>
std::optional<Fault> make() {
  if constexpr (stands_alone(Each::kind.form)) return Each{};
  return std::nullopt;
}

template <typename Each>
std::optional<Fault> read_one(const Value& value, Mistakes& mistakes) {
  if constexpr (takes_value(Each::kind.form)) {
    if (auto fault = Each::read(value, mistakes)) return Fault(std::move(*fault));
  }
  return std::nullopt;
}

template <typename... Each>
constexpr std::array<Maker, sizeof...(Each)>
makers_of(std::type_identity<std::variant<Each...>> /*list*/) {
  return {Maker{Each::kind.key, make<Each>, read_one<Each>}...};
}

constexpr auto makers = makers_of(std::type_identity<Fault>{});
static_assert(makers.size() == std::variant_size_v<Fault>);

constexpr bool keys_differ() {
  for (std::size_t i = 0; i < kinds.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (kinds[i].key == kinds[j].key) return false;
  return true;
}
static_assert(keys_differ(), "two faults have the same key");

constexpr bool say_why_not_elsewhere() {
  return std::all_of(kinds.begin(), kinds.end(), [](const FaultKind& kind) {
    return (kind.stages == scenario::all_stages) == kind.why_not_elsewhere.empty();
  });
}
static_assert(say_why_not_elsewhere(),
              "a fault that is not allowed at every stage says why, and only such a fault");

const Maker* find(std::string_view key) {
  const auto* const found = std::find_if(makers.begin(), makers.end(),
                                         [key](const Maker& maker) { return maker.key == key; });
  return found == makers.end() ? nullptr : found;
}

} // namespace

Consequence consequence_of(const Fault& fault) {
  return std::visit([](const auto& each) { return each.consequence(); }, fault);
}

void perform(const Fault& fault, Output& output) {
  std::visit([&output](const auto& each) { each.perform(output); }, fault);
}

std::optional<Fault> from_word(std::string_view key) {
  const Maker* const maker = find(key);
  return maker == nullptr ? std::nullopt : maker->from_word();
}

std::optional<Fault> read(std::string_view key, const Value& value, Mistakes& mistakes) {
  const Maker* const maker = find(key);
  return maker == nullptr ? std::nullopt : maker->from_value(value, mistakes);
}

} // namespace tempfail::faults
