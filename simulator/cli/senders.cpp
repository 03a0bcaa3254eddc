// tempfail senders: the senders that `test --sender` can drive, and what is missing to run each.
#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/exit_code.hpp"
#include "cli/scenario_json.hpp"
#include "cli/sender_catalogue.hpp"
#include "cli/sender_needs.hpp"
#include "cli/text.hpp"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

namespace tempfail::cli {

namespace {

using Json = nlohmann::ordered_json;

struct SendersOptions {
  std::vector<std::string> names;
  bool json = false;
};

Json or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json manifest_json(const SenderManifest& sender) {
  Json missing = Json::array();
  for (const MissingNeed& one : missing_needs_of(sender))
    missing.push_back({{"what", one.what}, {"get", or_null(one.get)}});
  Json settings = Json::array();
  for (const SenderSetting& setting : sender.settings)
    settings.push_back({{"name", setting.name}, {"meaning", setting.meaning}});
  const std::string version = missing.empty() ? version_of(sender) : std::string();
  return {{"name", sender.name},
          {"summary", sender.summary},
          {"program", sender.program},
          {"language", sender.language},
          {"role", sender.role},
          {"tls_policies", sender.tls_policies},
          {"mx", sender.mx == LooksUpMx::never      ? "never"
                 : sender.mx == LooksUpMx::in_a_lab ? "in-a-lab"
                                                    : "always"},
          {"without", sender.without},
          {"time_scale", sender.time_scale},
          {"queue_lifetime", or_null(sender.queue_lifetime)},
          {"folder", sender.folder.string()},
          {"cache", sender.cache.string()},
          {"set_up", sender.set_up},
          {"missing", std::move(missing)},
          {"version", or_null(version)},
          {"options", std::move(settings)}};
}

std::string missing_text(const SenderManifest& sender) {
  std::string text;
  for (const MissingNeed& missing : missing_needs_of(sender))
    text += (text.empty() ? "" : ", ") + missing.what;
  return text.empty() ? "ready" : "missing: " + text;
}

void print_table(const std::vector<SenderManifest>& senders, StandardStream& out) {
  std::size_t name_width = 6;
  std::size_t language_width = 8;
  for (const SenderManifest& sender : senders) {
    name_width = std::max(name_width, columns(sender.name));
    language_width = std::max(language_width, columns(sender.language));
  }
  std::string text =
      out.styled(Style::bold, padded("SENDER", name_width) + "  " + padded("ROLE", 8) + "  " +
                                  padded("LANGUAGE", language_width) + "  ON THIS MACHINE") +
      '\n';
  std::size_t ready = 0;
  for (const SenderManifest& sender : senders) {
    const std::string missing = missing_text(sender);
    if (missing == "ready") ++ready;
    text += out.styled(Style::cyan, sender.name) +
            std::string(name_width - columns(sender.name) + 2, ' ') + padded(sender.role, 8) +
            "  " + padded(sender.language, language_width) + "  " + missing + '\n';
  }
  text += '\n' + counted(senders.size(), "sender") + ", " + std::to_string(ready) +
          " ready. Details, and how to install what is missing: tempfail senders NAME\n";
  out.write(text);
}

void print_one(const SenderManifest& sender, StandardStream& out) {
  const auto field = [](const std::string& name, const std::string& value) {
    return value.empty() ? std::string() : "  " + padded(name, 16) + value + '\n';
  };
  const std::vector<MissingNeed> missing = missing_needs_of(sender);
  std::string text = out.styled(Style::bold, sender.name) + "  " + sender.summary + '\n';
  text += field("role", sender.role);
  text += field("language", sender.language);
  text += field("settings", "--tls-policy " + joined(sender.tls_policies, ", "));
  text += field("unsupported", joined(sender.without, ", "));
  text += field("time scale", plain_number(sender.time_scale));
  text += field("queue lifetime", sender.queue_lifetime);
  text += field("directory", sender.folder.string());
  text += field("set-up", set_up_of(sender));
  for (const SenderSetting& setting : sender.settings)
    text += field("-o " + (setting.name == "*" ? "KEY" : setting.name) + "=", setting.meaning);
  for (const MissingNeed& one : missing)
    text += field("missing", one.what + (one.get.empty() ? "" : "; to install it: " + one.get));
  if (missing.empty()) text += field("version", version_of(sender));
  out.write(text);
}

int senders(const SendersOptions& options, StandardStream& out) {
  std::vector<SenderManifest> chosen;
  for (const std::string& name : options.names)
    chosen.push_back(find_sender(name));
  if (options.names.empty()) chosen = all_senders();
  if (options.json) {
    Json array = Json::array();
    for (const SenderManifest& sender : chosen)
      array.push_back(manifest_json(sender));
    out.write(dump(array));
  } else if (options.names.empty()) {
    print_table(chosen, out);
  } else {
    for (const SenderManifest& sender : chosen)
      print_one(sender, out);
  }
  return exit_ok;
}

Manual senders_manual() {
  Manual manual;
  manual.name = "senders";
  manual.summary = "list the senders that test --sender can run";
  manual.synopsis = "[OPTIONS] [SENDER...]";
  manual.description = {
      "Lists the mail servers and libraries that tempfail can run as senders, and whether this "
      "machine has what each one needs. With a name it shows the whole manifest: how to install "
      "what is missing, and the settings for -o.",
      "Senders are searched in the directories of TEMPFAIL_SENDERS and in the program's own "
      "directory. A path with a slash, such as ./mine, names your own directory."};
  manual.exit_codes = exit_codes("");
  manual.environment = common_environment();
  manual.environment.push_back(
      {senders_variable, "Directories with your own senders, separated by colons."});
  manual.environment.push_back({senders_cache_variable,
                                "The directory into which set-up scripts install. Default: "
                                "/var/tmp/tempfail-senders- and your user id."});
  manual.examples = {{"List the senders", "tempfail senders"},
                     {"Show one sender", "tempfail senders postfix"},
                     {"For a script", "tempfail senders --json"}};
  return manual;
}

} // namespace

Command make_senders() {
  auto options = std::make_shared<SendersOptions>();
  Command command;
  command.manual = senders_manual();
  command.add_options = [options](CLI::App& parser) {
    parser.add_option("SENDER", options->names);
    parser.add_flag("--json", options->json,
                    "Print a JSON array with all details of each sender, its version included.");
  };
  command.run = [options](Invocation& invocation) { return senders(*options, invocation.out); };
  return command;
}

} // namespace tempfail::cli
