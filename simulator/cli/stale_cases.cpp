// Clears away the cases of an earlier run.
#include "cli/stale_cases.hpp"

#include "cli/case_plan.hpp"

#include <set>
#include <system_error>

namespace tempfail::cli {

namespace {

namespace fs = std::filesystem;

/// Every case has these from its beginning on, whatever became of it.
bool is_ours(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / "message.eml", error) &&
         fs::is_regular_file(folder / "output.txt", error);
}

} // namespace

void remove_stale_cases(const fs::path& report_directory, const std::set<std::string>& scenarios) {
  std::set<fs::path> current;
  for (const std::string& scenario : scenarios)
    current.insert(report_directory / cases_folder / scenario);
  std::vector<fs::path> stale;
  std::error_code error; // what can't be read or removed stays: it costs no verdict
  fs::directory_iterator entries(report_directory / cases_folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error))
    if (!entries->is_symlink(error) && !current.contains(entries->path()) &&
        is_ours(entries->path()))
      stale.push_back(entries->path());
  for (const fs::path& folder : stale)
    fs::remove_all(folder, error);
}

} // namespace tempfail::cli
