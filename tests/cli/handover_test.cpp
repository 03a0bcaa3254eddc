// What a sender is handed over, as files and as an event.
#include "cli/handover.hpp"
#include "cli/read_file.hpp"
#include "journal/reader.hpp"
#include "support/catch.hpp"
#include "wire/data_reader.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

using namespace tempfail;
using Json = nlohmann::json;

namespace {

cli::Handover sample(const std::string& id) {
  cli::Handover handover;
  handover.id = id;
  handover.sender = "a@sender.test";
  handover.recipients = {"r1@x.test", "r2@x.test"};
  handover.parameters = {"RET=HDRS"};
  handover.message_id = "m" + id + "@sender.test";
  handover.message_file = "/c/message.eml";
  handover.message_lf_file = "/c/message.lf.eml";
  handover.message = "Subject: x\r\n\r\n.text\r\nmore\r\n";
  return handover;
}

cli::HandoverSetting setting() {
  cli::HandoverSetting result;
  result.scenario = "disk-full";
  result.host = "127.0.0.1";
  result.port = "2525";
  result.time_scale = 60;
  result.tls = "required";
  result.tls_mode = "starttls";
  result.role = "queueing";
  result.result_file = "/c/result.jsonl";
  return result;
}

std::string json_type(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_string()) return "string";
  if (value.is_array()) return "array";
  return value.is_number_integer() ? "integer" : "number";
}

} // namespace

TEST_CASE("handover_file_is_what_its_published_schema_says") {
  const Json schema = Json::parse(cli::read_file(TEMPFAIL_HANDOVER_SCHEMA));
  const Json& described = schema.at("definitions").at("handover");
  std::set<std::string> required(described.at("required").begin(), described.at("required").end());
  const Json file = Json::parse(cli::to_json(sample("1"), setting()));
  std::set<std::string> written;
  for (const auto& [key, value] : file.items()) {
    CAPTURE(key);
    written.insert(key);
    REQUIRE(described.at("properties").contains(key));
    Json types = described.at("properties").at(key).at("type");
    if (!types.is_array()) types = Json::array({types});
    const std::string type = json_type(value);
    CHECK((std::find(types.begin(), types.end(), type) != types.end() ||
           (type == "integer" && types.front() == "number")));
  }
  CHECK(written == required);
  CHECK(described.at("properties").size() == required.size());
}

TEST_CASE("handover_file_names_what_a_sender_needs") {
  const Json file = Json::parse(cli::to_json(sample("1"), setting()));
  CHECK(file.at("port") == 2525);
  CHECK(file.at("recipients") == Json::array({"r1@x.test", "r2@x.test"}));
  CHECK(file.at("message") == "/c/message.eml");
  CHECK(file.at("ca").is_null());
  const Json all = Json::parse(cli::to_json(std::vector{sample("1"), sample("2")}, setting()));
  REQUIRE(all.size() == 2);
  CHECK(all[0] == file);
  CHECK(all[1].at("message_id") == "m2@sender.test");
}

TEST_CASE("handover_files_are_written_with_both_kinds_of_line_ends") {
  std::string directory = (std::filesystem::temp_directory_path() / "tempfail-XXXXXX").string();
  REQUIRE(::mkdtemp(directory.data()) != nullptr);
  const std::filesystem::path folder = directory;
  cli::Handover handover = sample("1");
  handover.message_file = folder / "m.eml";
  handover.message_lf_file = folder / "m.lf.eml";
  cli::write_files({handover}, setting(), {folder / "one.json", folder / "all.json"});
  CHECK(cli::read_file(folder / "m.eml") == handover.message);
  CHECK(cli::read_file(folder / "m.lf.eml") == "Subject: x\n\n.text\nmore\n");
  CHECK(Json::parse(cli::read_file(folder / "one.json")).at("id") == "1");
  CHECK(Json::parse(cli::read_file(folder / "all.json")).size() == 1);
  std::filesystem::remove_all(folder);
}

TEST_CASE("handover_event_has_the_hash_that_its_content_has_when_it_arrives") {
  journal::MemoryRecorder recorder;
  cli::Handover handover = sample("7");
  handover.given = true;
  cli::record(handover, Moment{std::chrono::seconds(3)}, 1, recorder);
  const journal::Journal journal = journal::Journal::decode(recorder.text());
  REQUIRE(journal.events().size() == 1);
  const auto& event = std::get<journal::event::Handover>(journal.events()[0].body);
  CHECK(event.id == "7");
  CHECK(event.sender == "a@sender.test");
  CHECK(event.recipients.size() == 2);
  CHECK(event.parameters == "RET=HDRS");
  CHECK(event.content_source == "given");
  CHECK(event.message_id == "m7@sender.test");
  wire::DataReader reader(wire::DataReader::Framing::dots, 1000);
  std::string_view sent = "Subject: x\r\n\r\n..text\r\nmore\r\n.\r\n";
  REQUIRE(reader.feed(sent));
  CHECK(event.hash == reader.facts().hash);
  CHECK(event.size == reader.facts().size);
}

TEST_CASE("handover_ids_are_joined_by_blanks") {
  CHECK(cli::ids_of({sample("1"), sample("2")}) == "1 2");
}
