// One record a text: owner, perhaps a time to live, type, data. Each type has its reader.
#include "scenario/read_record.hpp"

#include "base/ascii.hpp"
#include "scenario/address_range.hpp"
#include "scenario/vocabulary.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tempfail::scenario {
namespace {

constexpr std::size_t longest_name = 253;
constexpr std::size_t longest_label = 63;
constexpr std::size_t longest_string = 255; ///< of TXT, bytes
constexpr std::size_t records_limit = 1000;
constexpr std::string_view examples = R"("@ MX 10 mx1", "mx1 A 192.0.2.1", "www 5m CNAME @")";

bool is_label_character(char c) {
  return base::is_letter(c) || base::is_digit(c) || c == '-' || c == '_';
}

/// Takes the next word off the front.
std::string_view next_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

bool is_number(std::string_view text, std::uint64_t max) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number <= max;
}

bool is_hexadecimal(std::string_view text) {
  return !text.empty() && text.size() % 2 == 0 &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// The data of one record being read. Each reader returns what a master file would have; nothing: it is wrong.
class DataReader {
 public:
  DataReader(std::string_view text, const NameScope& around) : text_(text), around_(around) {}

  std::optional<std::string> read(RecordType type, std::string& host) {
    switch (type) {
    case RecordType::a: return address(AddressFamily::ipv4, host);
    case RecordType::aaaa: return address(AddressFamily::ipv6, host);
    case RecordType::mx: return mx();
    case RecordType::cname:
    case RecordType::ns:
    case RecordType::ptr: return name();
    case RecordType::txt: return text();
    case RecordType::soa: return soa();
    case RecordType::tlsa: return tlsa();
    }
    return std::nullopt;
  }

 private:
  /// An address, or the name of a host that has one.
  std::optional<std::string> address(AddressFamily family, std::string& host) {
    const std::string word(next_word(text_));
    const auto range =
        word.find('/') == std::string::npos ? parse_address_range(word) : std::nullopt;
    if (range) {
      const bool wants_ipv4 = family == AddressFamily::ipv4;
      const bool dotted = word.find(':') == std::string::npos;
      if (wants_ipv4 != dotted) return std::nullopt;
      return word;
    }
    const auto wanted = absolute_name(word, around_.domain());
    for (const Host& one : around_.hosts) {
      if (!wanted || one.name != *wanted) continue;
      if (std::find(one.addresses.begin(), one.addresses.end(), family) == one.addresses.end())
        return std::nullopt;
      host = one.name;
      return std::string();
    }
    return std::nullopt;
  }

  std::optional<std::string> name() {
    const std::string_view word = next_word(text_);
    if (word == ".") return std::string(word);
    if (word == sender_host_placeholder) return std::string(word);
    const auto absolute = absolute_name(word, around_.domain());
    if (!absolute) return std::nullopt;
    return *absolute + ".";
  }

  std::optional<std::string> mx() {
    const std::string preference(next_word(text_));
    const auto exchange = name();
    if (!is_number(preference, 65535) || !exchange) return std::nullopt;
    return preference + " " + *exchange;
  }

  /// In quotes of a master file, in pieces as long as the wire can have them.
  std::optional<std::string> text() {
    std::string_view rest = base::trimmed(std::exchange(text_, {}));
    if (rest.empty()) return std::nullopt;
    std::string quoted;
    while (!rest.empty()) {
      quoted += quoted.empty() ? "\"" : " \"";
      for (const char c : rest.substr(0, longest_string)) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') quoted += '\\';
        if (byte < 0x20 || byte >= 0x7F) {
          quoted += '\\';
          for (const unsigned unit : {100U, 10U, 1U})
            quoted += static_cast<char>('0' + byte / unit % 10);
        } else {
          quoted += c;
        }
      }
      quoted += '"';
      rest.remove_prefix(std::min(rest.size(), longest_string));
    }
    return quoted;
  }

  std::optional<std::string> numbers(int count, std::uint64_t max) {
    std::string all;
    for (; count > 0; --count) {
      const std::string word(next_word(text_));
      if (!is_number(word, max)) return std::nullopt;
      all += " " + word;
    }
    return all;
  }

  std::optional<std::string> soa() {
    const auto server = name();
    const auto person = name();
    const auto timers = numbers(5, UINT32_MAX);
    if (!server || !person || !timers) return std::nullopt;
    return *server + " " + *person + *timers;
  }

  std::optional<std::string> tlsa() {
    const auto kinds = numbers(3, 255);
    const std::string digits(next_word(text_));
    if (!kinds || !is_hexadecimal(digits)) return std::nullopt;
    return kinds->substr(1) + " " + digits;
  }

  std::string_view text_;
  const NameScope& around_;

 public:
  bool at_end() const { return base::trimmed(text_).empty(); }
};

std::string_view data_example(RecordType type) {
  switch (type) {
  case RecordType::a: return "192.0.2.1, or a host that has an IPv4 address";
  case RecordType::aaaa: return "2001:db8::1, or a host that has an IPv6 address";
  case RecordType::mx: return "10 mx1; 0 .; 10 {sender-host}";
  case RecordType::cname:
  case RecordType::ns:
  case RecordType::ptr: return "mx1, mx1.other.test.";
  case RecordType::txt: return "v=spf1 -all";
  case RecordType::soa: return "ns hostmaster 1 3600 600 86400 300";
  case RecordType::tlsa: return "3 1 1 0a1b2c…";
  }
  return {};
}

void check_aliases(const std::vector<Record>& records, const std::vector<FilePosition>& places,
                   const NameScope& around, Mistakes& mistakes) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].type != RecordType::cname) continue;
    const std::string& owner = records[i].owner;
    const bool beside = std::any_of(records.begin(), records.end(), [&](const Record& other) {
      return &other != &records[i] && other.owner == owner;
    });
    const bool is_host = std::any_of(around.hosts.begin(), around.hosts.end(),
                                     [&](const Host& host) { return host.name == owner; });
    if (beside || is_host)
      mistakes.add(places[i],
                   is_host
                       ? "a name with a CNAME can't be that of a host, too"
                       : "a name with a CNAME can't have another record (RFC 2181 section 10.1)");
  }
}

} // namespace

bool NameScope::has(std::string_view name) const {
  return std::any_of(domains.begin(), domains.end(), [name](const std::string& domain) {
    return name == domain || name.ends_with("." + domain);
  });
}

bool is_domain_name(std::string_view name) {
  if (name.empty() || name.size() > longest_name) return false;
  std::size_t length = 0;
  for (const char c : name) {
    if (c == '.') {
      if (length == 0) return false;
      length = 0;
    } else if (!is_label_character(c) || ++length > longest_label) {
      return false;
    }
  }
  return length > 0;
}

std::optional<std::string> absolute_name(std::string_view text, const std::string& domain) {
  if (text == "@") return domain;
  std::string name(text);
  if (name.ends_with('.'))
    name.pop_back();
  else
    name += "." + domain;
  if (!is_domain_name(name)) return std::nullopt;
  return base::lower(name);
}

std::optional<Record> read_record(const Value& value, const NameScope& around, Mistakes& mistakes) {
  if (!value.is_scalar() || base::trimmed(value.text).empty()) {
    note_wrong(value, "record", std::string(examples), mistakes);
    return std::nullopt;
  }
  std::string_view rest = value.text;
  Record record;
  const std::string owner(next_word(rest));
  const auto absolute = absolute_name(owner, around.domain());
  if (!absolute) {
    mistakes.add(value.at, "`" + owner + "` is not a valid name", "@, mx1, mx1.other.test.");
    return std::nullopt;
  }
  if (!around.has(*absolute)) {
    mistakes.add(value.at, "`" + *absolute + "` is in none of the scenario's domains",
                 join(around.domains));
    return std::nullopt;
  }
  record.owner = *absolute;
  Value word;
  word.kind = Value::Kind::scalar;
  word.at = value.at;
  word.text = next_word(rest);
  if (const auto ttl = parse_duration(word.text)) {
    record.ttl = ttl;
    word.text = next_word(rest);
  }
  if (word.text.empty()) {
    note_wrong(value, "record: it has no type", std::string(examples), mistakes);
    return std::nullopt;
  }
  const auto type = read_named(word, record_words, "type of record", mistakes);
  if (!type) return std::nullopt;
  record.type = *type;
  DataReader reader(rest, around);
  auto data = reader.read(*type, record.host);
  if (!data || !reader.at_end()) {
    const std::string data_text(base::trimmed(rest));
    const std::string what =
        data_text.empty() ? "there is no data after " : "`" + data_text + "` is not valid data of ";
    mistakes.add(value.at, what + word.text, std::string(data_example(*type)));
    return std::nullopt;
  }
  record.data = std::move(*data);
  return record;
}

std::vector<Record> read_records(const Value& value, const NameScope& around, Mistakes& mistakes) {
  std::vector<Record> records;
  std::vector<FilePosition> places;
  if (!value.is_list()) {
    note_wrong(value, "list of records", "[" + std::string(examples) + "]", mistakes);
    return records;
  }
  if (value.items.size() > records_limit)
    mistakes.add(value.at, "there are too many records",
                 "at most " + std::to_string(records_limit));
  for (const Value& item : value.items) {
    if (auto record = read_record(item, around, mistakes)) {
      records.push_back(std::move(*record));
      places.push_back(item.at);
    }
  }
  check_aliases(records, places, around, mistakes);
  return records;
}

} // namespace tempfail::scenario
