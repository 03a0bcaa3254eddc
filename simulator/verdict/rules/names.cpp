// Which names a sender asks for.
#include "base/ascii.hpp"
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>

namespace tempfail::verdict {
namespace {

using scenario::Level;

bool is_for(const journal::Event& event, std::string_view name) {
  return base::lower(std::get<journal::event::Query>(event.body).name) == name;
}

/// The first query for a name; null: there was none.
const journal::Event* first_query(const Case& observed, std::string_view name) {
  const auto found = std::find_if(observed.queries.begin(), observed.queries.end(),
                                  [name](const auto* event) { return is_for(*event, name); });
  return found == observed.queries.end() ? nullptr : *found;
}

Check asked(const Case& observed, const scenario::Expectation* expectation) {
  const auto& name = std::get<std::string>(expectation->value);
  const std::string expected = "the sender looks up " + name;
  if (observed.queries.empty())
    return Check::not_applicable("no DNS query arrived at this name server").expecting(expected);
  if (const journal::Event* const query = first_query(observed, name))
    return Check::pass("the sender looked it up", {evidence(*query)}).expecting(expected);
  if (const journal::Event* const ended = observed.end_of_observation())
    return Check::undecided("the sender had not looked it up before " +
                                std::string(observed.end_of_observation_text()),
                            {evidence(*ended)})
        .expecting(expected);
  return Check::fail("the sender did not look up " + name, {evidence(*observed.queries.front())})
      .expecting(expected);
}

Check not_asked(const Case& observed, const scenario::Expectation* expectation) {
  const auto& name = std::get<std::string>(expectation->value);
  const std::string expected = "the sender does not look up " + name;
  if (observed.queries.empty())
    return Check::not_applicable("no DNS query arrived at this name server").expecting(expected);
  if (const journal::Event* const query = first_query(observed, name))
    return Check::fail("the sender looked up " + name, {evidence(*query)}).expecting(expected);
  return Check::pass("the sender did not look it up").expecting(expected);
}

constexpr std::array names_table = {
    Rule{{"asked", "The sender looks up the names that decide where the mail goes.",
          "RFC 5321 section 5.1", Keyword::must, Level::must, false},
         asked},
    Rule{{"not-asked", "The sender looks up no name that it made up or must not use.",
          "RFC 5321 section 5.1, RFC 7505 section 3", Keyword::must_not, Level::must, false},
         not_asked},
};

} // namespace

std::span<const Rule> name_rules() {
  return names_table;
}

} // namespace tempfail::verdict
