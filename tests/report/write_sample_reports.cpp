// Writes the sample report in every form into a directory, for reports_test.py.
#include "sample_report.hpp"

#include <filesystem>
#include <fstream>

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const std::filesystem::path directory = arguments[1];
  const tempfail::report::RunReport run = tempfail::report::test::sample_report();
  std::ofstream junit(directory / "junit.xml");
  tempfail::report::write_junit(run, junit);
  std::ofstream json(directory / "report.json");
  tempfail::report::write_json(run, json);
  std::ofstream html(directory / "report.html");
  tempfail::report::write_html(run, html);
  std::ofstream text(directory / "report.txt");
  tempfail::report::write_text(run, {}, text);
  return junit && json && html && text ? 0 : 1;
}
