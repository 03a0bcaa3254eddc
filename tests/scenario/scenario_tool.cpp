// For tests in other languages: what the loader knows, and what it says of files.
//   scenario_tool vocabulary    one line each: "map NAME KEY…" and "words NAME WORD…"
//   scenario_tool check FILE…   the mistakes, one a line; exits with 1 when there are any
#include "scenario/expectation.hpp"
#include "scenario/loader.hpp"
#include "scenario/vocabulary.hpp"

#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

using namespace tempfail::scenario;

namespace {

template <typename Words>
void print(std::string_view kind, std::string_view name, const Words& words) {
  std::cout << kind << ' ' << name;
  for (const auto& word : words)
    std::cout << ' ' << word;
  std::cout << '\n';
}

void print_states() {
  for (const State& state : states) {
    std::vector<std::string_view> words;
    for (const State& other : states)
      if (other.key == state.key) words.push_back(other.word);
    print("words", "state:" + std::string(state.key), words);
  }
}

void print_expectations() {
  std::vector<std::string_view> flags;
  std::vector<std::string_view> flags_of_some;
  std::vector<std::string_view> valued;
  for (const ExpectationKind& kind : expectation_kinds()) {
    (kind.type == ExpectationType::flag ? flags : valued).push_back(kind.name);
    if (kind.type == ExpectationType::flag && kind.by_recipient) flags_of_some.push_back(kind.name);
  }
  print("words", "expected-flag", flags);
  print("words", "expected-flag-of-some", flags_of_some);
  print("map", "expectation", valued);
  for (const ExpectationKind& kind : expectation_kinds())
    if (!kind.words.empty()) print("words", "expected:" + std::string(kind.name), kind.words);
}

int print_vocabulary() {
  for (const MapKind& kind : map_kinds()) {
    print("map", kind.name, kind.keys);
    print("required", kind.name, kind.required);
  }
  print("words", "stage", stage_names);
  print("words", "per", names_of(per_words));
  print("words", "rate-per", names_of(rate_per_words));
  print("words", "extension", names_of(extension_words));
  print("words", "mechanism", names_of(mechanism_words));
  print("words", "tls", names_of(tls_words));
  print("words", "tls-key", names_of(key_words));
  print("words", "tls-certificate", names_of(certificate_words));
  print("words", "tls-client-certificate", names_of(client_certificate_words));
  print("words", "listen-answer", names_of(listen_words));
  print("words", "forward-to", names_of(forward_words));
  print("words", "record-type", names_of(record_words));
  print("words", "saying", names_of(name_answer_kind_words));
  print("words", "transport", names_of(transport_words));
  print("words", "wrong-part", names_of(wrong_words));
  print("words", "address-family", names_of(address_words));
  print("words", "notify", notify_words);
  print("words", "ret", ret_words);
  print("words", "notified-field", notified_field_words);
  std::vector<std::string_view> alerts;
  for (const tempfail::faults::AlertName& alert : tempfail::faults::alert_names)
    alerts.push_back(alert.name);
  print("words", "alert", alerts);
  print("words", "met-whole", met_whole_words);
  print("words", "met-block", met_block_words);
  print("words", "even", even_words);
  print("words", "action-word", action_words);
  print_states();
  print_expectations();
  return 0;
}

int check(int count, char** files) {
  bool mistakes = false;
  for (int i = 0; i < count; ++i) {
    std::ifstream stream(files[i], std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    for (const Mistake& mistake : load_scenario(text, files[i]).mistakes) {
      mistakes = true;
      std::cout << mistake.to_string() << '\n';
    }
  }
  return mistakes ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "vocabulary") == 0) return print_vocabulary();
  if (argc > 2 && std::strcmp(argv[1], "check") == 0) return check(argc - 2, argv + 2);
  std::cerr << "usage: scenario_tool vocabulary | check FILE…\n";
  return 2;
}
