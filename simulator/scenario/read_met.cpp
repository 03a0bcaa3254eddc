// What has to take effect: the words that the server of the file gives a meaning.
#include "scenario/read_met.hpp"

#include "scenario/vocabulary.hpp"

namespace tempfail::scenario {
namespace {

void add_word(std::string_view word, MetCondition& met) {
  if (const auto stage = parse_stage(word))
    met.stages.push_back(*stage);
  else if (word == met_block_words[0])
    met.listen = true;
  else if (word == met_block_words[1])
    met.tls = true;
  else if (word == met_block_words[2])
    met.extensions = true;
  else
    met.names = true;
}

} // namespace

MetCondition read_met(const Value& value, const Scenario& scenario, Mistakes& mistakes) {
  MetCondition met;
  met.all = value.is_scalar() && value.text == met_whole_words[0];
  met.session = value.is_scalar() && value.text == met_whole_words[1];
  if (met.all || met.session) return met;
  std::vector<std::string_view> words = words_for_met(scenario);
  if (value.is_scalar())
    words.insert(words.begin(), met_whole_words.begin(), met_whole_words.end());
  for_one_or_many(value, "list of stages", mistakes, [&](const Value& item) {
    if (const auto index =
            read_word(item, words, "stage or block at which this server does something", mistakes))
      add_word(words[*index], met);
  });
  return met;
}

} // namespace tempfail::scenario
