// The catalogue: what is embedded, what directories add, and how scenarios are found.
#include "scenario/former_names.hpp"
#include "scenario/loader.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <unistd.h>

using namespace tempfail::scenario;

namespace {

/// A directory that is gone with the test.
class Directory {
 public:
  Directory() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "tempfail-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = pattern;
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

} // namespace

TEST_CASE("every embedded scenario is right, documented, and as in the folder", "[catalogue]") {
  const Catalogue catalogue = Catalogue::load({});
  for (const Mistake& mistake : catalogue.mistakes())
    FAIL_CHECK(mistake.to_string());
  CHECK(catalogue.all().size() == embedded_files().size());
  std::set<std::string> known;
  for (const Family& family : families())
    known.insert(family.name);
  for (const ScenarioPtr& scenario : catalogue.all()) {
    INFO(scenario->id());
    CHECK_FALSE(scenario->statuses.empty());
    CHECK_FALSE(scenario->sources.empty());
    CHECK_FALSE(scenario->sender.empty());
    CHECK_FALSE(scenario->summary.ends_with('.'));
    CHECK(scenario->summary.size() <= 90);
    CHECK(known.contains(scenario->family));
  }
  for (const EmbeddedFile& file : embedded_files()) {
    std::ifstream stream(std::string(SCENARIO_CATALOGUE "/") + std::string(file.path),
                         std::ios::binary);
    CHECK(file.text == std::string{std::istreambuf_iterator<char>(stream), {}});
  }
  CHECK(embedded_schema().find("json-schema.org") != std::string_view::npos);
}

TEST_CASE("names are unique over all families", "[catalogue]") {
  std::set<std::string> names;
  for (const EmbeddedFile& file : embedded_files())
    CHECK(names.insert(std::filesystem::path(file.path).stem().string()).second);
}

TEST_CASE("the list goes by families in their order, then by name", "[catalogue]") {
  std::vector<std::string> seen;
  std::string last;
  const Catalogue catalogue = Catalogue::load({});
  for (const ScenarioPtr& scenario : catalogue.all()) {
    if (seen.empty() || seen.back() != scenario->family) {
      CHECK(std::find(seen.begin(), seen.end(), scenario->family) == seen.end());
      seen.push_back(scenario->family);
      last.clear();
    }
    CHECK(last < scenario->name);
    last = scenario->name;
  }
  std::vector<std::string> expected;
  for (const Family& family : families())
    if (std::find(seen.begin(), seen.end(), family.name) != seen.end())
      expected.push_back(family.name);
  CHECK(seen == expected);
}

TEST_CASE("scenarios are found by name, id, family and glob", "[catalogue]") {
  const Catalogue catalogue = Catalogue::load({});
  REQUIRE(catalogue.find("disk-full"));
  CHECK(catalogue.find("disk-full") == catalogue.find("disk/disk-full"));
  CHECK(catalogue.find("disk") == nullptr);
  CHECK(catalogue.select("healthy").size() == 1); // a name before a family
  const auto disk = catalogue.select("disk");
  CHECK_FALSE(disk.empty());
  CHECK(disk == catalogue.select("disk/*"));
  CHECK(catalogue.select("*").size() == catalogue.all().size());
  CHECK(catalogue.select("*-full").size() < catalogue.all().size());
  CHECK(catalogue.select("no-such").empty());
  CHECK(catalogue.suggest("disk-ful").front() == "disk-full");
}

TEST_CASE("a scenario is found by its former name, unless another one has that now",
          "[catalogue]") {
  const Catalogue catalogue = Catalogue::load({});
  const ScenarioPtr renamed = catalogue.find("reply-lost-close");
  REQUIRE(renamed);
  CHECK(catalogue.find("accepted-and-closed") == renamed);
  CHECK(catalogue.find("network/accepted-and-closed") == renamed);
  CHECK(catalogue.select("accepted-and-closed").size() == 1);
  CHECK(current_name("accepted-and-closed") == "reply-lost-close");
  CHECK(current_name("disk-full") == "disk-full");

  const Directory directory;
  directory.write("mine/accepted-and-closed.yaml", "summary: Mine\n");
  CHECK(Catalogue::load({directory.path()}).find("accepted-and-closed")->summary == "Mine");
}

TEST_CASE("every former name leads to a scenario, and none of them has one", "[catalogue]") {
  const Catalogue catalogue = Catalogue::load({});
  CHECK(former_names().size() > 10);
  for (const FormerName& one : former_names()) {
    INFO(one.former);
    CHECK(catalogue.find(one.current) != nullptr);
    CHECK(current_name(one.current) == one.current);
    const auto& all = catalogue.all();
    CHECK(std::none_of(all.begin(), all.end(),
                       [&](const auto& it) { return it->name == one.former; }));
  }
}

TEST_CASE("a directory adds scenarios and overrides those of the same name", "[catalogue]") {
  const Directory directory;
  directory.write("mine/strange.yaml", "summary: Strange\n");
  directory.write("mine/disk-full.yaml", "summary: Another disk\n");
  directory.write("mine/notes.txt", "not a scenario");
  const Catalogue catalogue = Catalogue::load({directory.path()});
  CHECK(catalogue.mistakes().empty());
  CHECK(catalogue.all().size() == embedded_files().size() + 1);
  CHECK(catalogue.find("disk-full")->summary == "Another disk");
  CHECK(catalogue.find("disk/disk-full") == nullptr);
  CHECK(catalogue.all().back()->id() == "mine/strange"); // families of one's own come last
}

TEST_CASE("mistakes in a directory are told, and the rest is there", "[catalogue]") {
  const Directory directory;
  directory.write("mine/wrong.yaml", "sumary: x\n");
  directory.write("mine/right.yaml", "summary: x\n");
  const Catalogue catalogue = Catalogue::load({directory.path(), "/no/such/directory"});
  CHECK(catalogue.find("right"));
  CHECK(catalogue.mistakes().size() == 3);
}

TEST_CASE("two files of one name in a directory are a mistake, whatever is in them",
          "[catalogue]") {
  const Directory directory;
  directory.write("a/twice.yaml", "summary: One\n");
  directory.write("b/deep/twice.yaml", "summary: Another\n");
  const Catalogue catalogue = Catalogue::load({directory.path()});
  REQUIRE(catalogue.mistakes().size() == 1);
  const Mistake& mistake = catalogue.mistakes().front();
  CHECK(mistake.at.file == (directory.path() / "b/deep/twice.yaml").string());
  CHECK(mistake.what == "twice is already in " + (directory.path() / "a/twice.yaml").string());
  CHECK(catalogue.find("twice")->summary == "One");
}

TEST_CASE("a directory takes the place of another's scenarios", "[catalogue]") {
  const Directory one;
  const Directory other;
  one.write("a/twice.yaml", "summary: One\n");
  other.write("b/twice.yaml", "summary: Another\n");
  const Catalogue catalogue = Catalogue::load({one.path(), other.path()});
  CHECK(catalogue.mistakes().empty());
  CHECK(catalogue.find("twice")->summary == "Another");
}

TEST_CASE("a directory without scenarios is a mistake", "[catalogue]") {
  const Directory directory;
  CHECK(Catalogue::load({directory.path()}).mistakes().size() == 1);
}
