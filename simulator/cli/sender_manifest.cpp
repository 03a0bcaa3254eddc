// Reads a sender's manifest, with the reader of all YAML and its way to tell mistakes.
#include "cli/sender_manifest.hpp"

#include "cli/declarations.hpp"
#include "cli/error.hpp"
#include "cli/exit_map.hpp"
#include "cli/placeholders.hpp"
#include "cli/text.hpp"
#include "scenario/read_value.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace tempfail::cli {

namespace {

namespace fs = std::filesystem;
using scenario::Map;
using scenario::MapKind;
using scenario::Member;
using scenario::Mistakes;
using scenario::Value;
using Words = std::vector<std::string>;

constexpr std::array<std::string_view, 23> sender_keys = {"summary",
                                                          "program",
                                                          "language",
                                                          "role",
                                                          "stays",
                                                          "tls-policy",
                                                          "mx",
                                                          "without",
                                                          "exit",
                                                          "timeout",
                                                          "needs",
                                                          "shortest-retry",
                                                          "time-scale",
                                                          "queue-lifetime",
                                                          "notifications",
                                                          "set-up",
                                                          "version",
                                                          "scaled-timeouts",
                                                          "command",
                                                          "environment",
                                                          "options",
                                                          "ends-when-empty",
                                                          "passes-clock-on"};
constexpr std::array<std::string_view, 5> sender_required = {"summary", "program", "language",
                                                             "role", "command"};
const MapKind sender_kind{"sender", sender_keys, sender_required};

constexpr std::array<std::string_view, 5> need_keys = {"what", "program", "see", "root", "get"};
const MapKind need_kind{"need", need_keys, {}};

constexpr std::array<std::string_view, 2> setting_keys = {"meaning", "adds"};
const MapKind setting_kind{"option", setting_keys, setting_keys};

constexpr std::array<std::string_view, 3> exit_keys = {"delivered", "temporary", "permanent"};
const MapKind exit_kind{"exit", exit_keys, {}};

constexpr std::array<std::string_view, 2> roles = {"queueing", "one-shot"};
constexpr std::array<std::string_view, 3> mx_words = {"always", "in-a-lab", "never"};
constexpr std::array<std::string_view, 4> policies = {"none", "opportunistic", "required",
                                                      "verified"};

/// A sender's first pause, of half an hour, takes three of the shortest that it knows: it may then be one of them
/// early or late, and is still told from none and from an hour.
constexpr double pauses_in_half_an_hour = 3;
constexpr std::chrono::minutes half_an_hour{30};

/// Every `from` in `text` as `to`.
std::string replaced(std::string text, std::string_view from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
  return text;
}

class ManifestReader {
 public:
  ManifestReader(SenderManifest& manifest, Mistakes& mistakes)
      : manifest_(manifest), mistakes_(mistakes) {}

  void read(const Value& document) {
    const Map map(document, sender_kind, mistakes_);
    text(map, "summary", manifest_.summary);
    text(map, "program", manifest_.program);
    text(map, "language", manifest_.language);
    flag(map, "stays", manifest_.stays);
    flag(map, "scaled-timeouts", manifest_.scaled_timeouts);
    flag(map, "notifications", manifest_.notifications_come);
    flag(map, "ends-when-empty", manifest_.ends_when_empty);
    flag(map, "passes-clock-on", manifest_.passes_clock_on);
    if (const Value* const role = map.find("role"))
      if (const auto index = scenario::read_word(*role, roles, "role", mistakes_))
        manifest_.role = roles[*index];
    if (const Value* const policy = map.find("tls-policy"))
      manifest_.tls_policies = words_of(*policy, policies, "TLS policy");
    if (const Value* const without = map.find("without"))
      manifest_.without = words_of(*without, claims(), "feature");
    if (const Value* const mx = map.find("mx"))
      if (const auto index = scenario::read_word(*mx, mx_words, "word for mx", mistakes_))
        manifest_.mx = static_cast<LooksUpMx>(*index);
    if (const Value* const exit = map.find("exit")) read_exits(*exit);
    read_times(map);
    if (const Value* const needs = map.find("needs"))
      for_each_item(*needs, "list of needs", [this](const Value& need) { read_need(need); });
    if (const Value* const set_up = map.find("set-up"))
      for_each_item(*set_up, "list of commands", [this](const Value& command) {
        manifest_.set_up.push_back(plain_command(command));
      });
    if (const Value* const version = map.find("version"))
      manifest_.version = plain_command(*version);
    if (const Value* const command = map.find("command")) read_command(*command);
    if (const Value* const environment = map.find("environment")) read_environment(*environment);
    if (const Value* const options = map.find("options")) read_settings(*options);
  }

 private:
  static std::vector<std::string_view> claims() {
    const Words& all = declarable_features();
    return {all.begin(), all.end()};
  }

  void text(const Map& map, std::string_view key, std::string& into) {
    if (const Value* const value = map.find(key))
      into = scenario::read_text(*value, key, mistakes_).value_or("");
  }
  void flag(const Map& map, std::string_view key, bool& into) {
    if (const Value* const value = map.find(key))
      into = scenario::read_flag(*value, mistakes_).value_or(false);
  }

  template <typename Each>
  void for_each_item(const Value& value, std::string_view wanted, Each each) {
    if (!value.is_list() || value.items.empty())
      return scenario::note_wrong(value, wanted, "a list", mistakes_);
    for (const Value& item : value.items)
      each(item);
  }

  template <typename Allowed>
  Words words_of(const Value& value, const Allowed& allowed, std::string_view wanted) {
    Words words;
    scenario::for_one_or_many(value, wanted, mistakes_, [&](const Value& item) {
      if (const auto index = scenario::read_word(item, allowed, wanted, mistakes_))
        words.emplace_back(allowed[*index]);
    });
    return words;
  }

  /// Words as they are written; `{sender_dir}` and `{sender_cache}` are filled in.
  Words plain_command(const Value& value) {
    Words words;
    scenario::for_one_or_many(value, "command", mistakes_, [&](const Value& item) {
      if (const auto word = scenario::read_text(item, "argument", mistakes_))
        words.push_back(with_folders(*word, false));
    });
    return words;
  }

  /// In a command that is to be filled in later a brace of a path must stay one.
  std::string with_folders(std::string word, bool filled_later) const {
    const auto shown = [&](const fs::path& path) {
      return filled_later ? replaced(path.string(), "{", "{{") : path.string();
    };
    const bool climbs = word.starts_with("{sender_dir}/..");
    word = replaced(std::move(word), "{sender_dir}", shown(manifest_.folder));
    if (climbs) return fs::path(word).lexically_normal().string();
    return replaced(std::move(word), "{sender_cache}", shown(manifest_.cache));
  }

  void read_command(const Value& value) {
    scenario::for_one_or_many(value, "command", mistakes_, [&](const Value& item) {
      const auto word = scenario::read_text(item, "argument", mistakes_);
      if (!word) return;
      manifest_.command.push_back(with_folders(*word, true));
      check_placeholders(item, manifest_.command.back());
    });
  }

  void check_placeholders(const Value& value, const std::string& word) {
    try {
      fill_placeholders(word, {});
    } catch (const UsageError& error) {
      mistakes_.add(value.at, error.what());
    }
  }

  void read_exits(const Value& value) {
    const Map map(value, exit_kind, mistakes_);
    for (const std::string_view word : exit_keys) {
      const Value* const statuses = map.find(word);
      if (statuses == nullptr) continue;
      Words numbers;
      scenario::for_one_or_many(*statuses, "exit status", mistakes_, [&](const Value& item) {
        if (const auto number = scenario::read_count(item, 0, 255, mistakes_))
          numbers.push_back(std::to_string(*number));
      });
      if (!numbers.empty())
        manifest_.exits.push_back(std::string(word) + "=" + joined(numbers, ","));
    }
    try {
      const ExitMap checked(manifest_.exits);
    } catch (const UsageError& error) {
      mistakes_.add(value.at, error.what());
    }
  }

  static double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
  }

  void read_times(const Map& map) {
    if (const Value* const timeout = map.find("timeout"))
      if (const auto duration = scenario::read_positive_duration(*timeout, mistakes_))
        manifest_.timeout_seconds = seconds(*duration);
    if (const Value* const lifetime = map.find("queue-lifetime"))
      if (scenario::read_positive_duration(*lifetime, mistakes_))
        manifest_.queue_lifetime = lifetime->text;
    const Value* const shortest = map.find("shortest-retry");
    const Value* const scale = map.find("time-scale");
    if (shortest != nullptr && scale != nullptr)
      mistakes_.add(scale->at, "`time-scale` and `shortest-retry` can't be combined",
                    "one of them; the time scale is computed from the shortest retry");
    if (scale != nullptr)
      manifest_.time_scale =
          static_cast<double>(scenario::read_count(*scale, 1, 1'000'000, mistakes_).value_or(1));
    if (shortest == nullptr) return;
    if (const auto pause = scenario::read_positive_duration(*shortest, mistakes_))
      manifest_.time_scale = std::max(1.0, std::chrono::duration<double>(half_an_hour).count() /
                                               (pauses_in_half_an_hour * seconds(*pause)));
  }

  void read_need(const Value& value) {
    const Map map(value, need_kind, mistakes_);
    SenderNeed need;
    text(map, "what", need.what);
    text(map, "program", need.program);
    text(map, "root", need.root);
    text(map, "get", need.get);
    if (const Value* const see = map.find("see")) need.see = plain_command(*see);
    const int ways =
        (need.program.empty() ? 0 : 1) + (need.see.empty() ? 0 : 1) + (need.root.empty() ? 0 : 1);
    if (ways != 1)
      mistakes_.add(value.at, "a need has exactly one check",
                    "one of program: NAME, see: [COMMAND], root: REASON");
    else if (!need.see.empty() && need.what.empty())
      mistakes_.add(value.at, "`what` is missing: a name for what `see` looks for");
    if (need.what.empty()) need.what = need.program;
    manifest_.needs.push_back(std::move(need));
  }

  void read_environment(const Value& value) {
    if (!value.is_map()) return scenario::note_wrong(value, "map", "NAME: value", mistakes_);
    for (const Member& member : value.members)
      if (const auto word = scenario::read_text(member.value, "value", mistakes_))
        manifest_.environment.emplace_back(member.key, with_folders(*word, false));
  }

  void read_settings(const Value& value) {
    if (!value.is_map())
      return scenario::note_wrong(value, "map", "NAME: {meaning: …, adds: […]}", mistakes_);
    for (const Member& member : value.members) {
      const Map map(member.value, setting_kind, mistakes_);
      SenderSetting setting;
      setting.name = member.key;
      text(map, "meaning", setting.meaning);
      if (const Value* const adds = map.find("adds")) setting.adds = plain_command(*adds);
      manifest_.settings.push_back(std::move(setting));
    }
  }

  SenderManifest& manifest_;
  Mistakes& mistakes_;
};

} // namespace

ManifestResult read_manifest(std::string_view text, const fs::path& folder,
                             const fs::path& caches) {
  Mistakes mistakes((folder / manifest_file).string());
  SenderManifest manifest;
  manifest.folder = folder;
  manifest.name = folder.filename().string();
  manifest.cache = caches / manifest.name;
  if (const auto document = scenario::parse_document(text, mistakes))
    ManifestReader(manifest, mistakes).read(*document);
  if (!mistakes.none()) return {std::nullopt, mistakes.take()};
  if (manifest.tls_policies.empty()) manifest.tls_policies = {"none"};
  return {std::move(manifest), {}};
}

} // namespace tempfail::cli
