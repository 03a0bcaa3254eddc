// Writes the sample report in every form into a directory, for reports_test.py.
#include "sample_report.hpp"

#include <filesystem>
#include <fstream>

int main(int count, char** arguments) {
  if (count != 2) return 2;
  namespace verdict = tempfail::verdict;
  const std::filesystem::path directory = arguments[1];
  const verdict::RunReport report = verdict::test::sample_report();
  std::ofstream junit(directory / "junit.xml");
  verdict::write_junit(report, junit);
  std::ofstream json(directory / "report.json");
  verdict::write_json(report, json);
  std::ofstream html(directory / "report.html");
  verdict::write_html(report, html);
  std::ofstream text(directory / "report.txt");
  verdict::write_text(report, {}, text);
  return junit && json && html && text ? 0 : 1;
}
