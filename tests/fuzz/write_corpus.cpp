// Writes what the fuzzers begin with into a folder, a folder for each target:
//   write_fuzz_corpus DIRECTORY
#include "fuzz/corpus.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace {

using namespace tempfail;

struct Seeds {
  const char* target;
  const std::vector<std::string>& (*inputs)();
};

constexpr Seeds all_seeds[] = {
    {"lines", &fuzz::corpus},
    {"commands", &fuzz::corpus},
    {"content", &fuzz::corpus},
    {"session", &fuzz::corpus},
    {"names", &fuzz::corpus},
    {"replies", &fuzz::corpus},
    {"http", &fuzz::http_corpus},
    {"journal", &fuzz::journal_corpus},
    {"notification", &fuzz::notification_corpus},
    {"report", &fuzz::report_corpus},
};

bool write(const std::filesystem::path& directory, const std::vector<std::string>& inputs) {
  std::filesystem::create_directories(directory);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::ofstream file(directory / std::to_string(i), std::ios::binary);
    file << inputs[i];
    if (!file.flush()) return false;
  }
  return true;
}

} // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: write_fuzz_corpus DIRECTORY\n", stderr);
    return 2;
  }
  for (const Seeds& seeds : all_seeds)
    if (!write(std::filesystem::path(arguments[1]) / seeds.target, seeds.inputs())) {
      std::fprintf(stderr, "can't write %s/%s\n", arguments[1], seeds.target);
      return 1;
    }
  return 0;
}
