// Reads the end of a file that may be long.
#include "cli/last_output.hpp"

#include "cli/text.hpp"

#include <cstdint>
#include <fstream>
#include <string>
#include <system_error>

namespace tempfail::cli {

namespace fs = std::filesystem;

namespace {

/// What the sender said last: most often the reason why nothing was seen of it.
std::string last_line(const fs::path& file) {
  const std::vector<std::string> lines = last_output_lines(file, 1);
  if (lines.empty()) return "the command printed nothing";
  return "the command's last output: " + lines.front();
}

} // namespace

std::vector<std::string> last_output_lines(const fs::path& output, std::size_t most) {
  constexpr std::uintmax_t tail = 4096;
  constexpr std::size_t longest = 200;
  std::ifstream in(output, std::ios::binary);
  std::error_code error;
  const std::uintmax_t size = fs::file_size(output, error);
  if (!error && size > tail) in.seekg(static_cast<std::streamoff>(size - tail));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (lines.size() == most) lines.erase(lines.begin());
    lines.push_back(cut(line, longest));
  }
  return lines;
}

void add_last_output_line(verdict::CaseVerdict& verdict, const fs::path& output) {
  const std::string words = "; " + last_line(output);
  if (!verdict.run_error.empty()) verdict.run_error += words;
  for (verdict::Finding& finding : verdict.findings)
    if (finding.rule == "connects" && finding.outcome != verdict::Outcome::pass)
      finding.actual += words;
}

} // namespace tempfail::cli
