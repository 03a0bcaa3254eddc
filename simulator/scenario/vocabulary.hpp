// Every key and every word of the scenario language, as tables. The loader allows exactly these,
// its messages list them, and a test holds scenarios/schema.json against them in both directions.
#pragma once

#include "scenario/action.hpp"
#include "scenario/condition.hpp"
#include "scenario/map_kind.hpp"
#include "scenario/model.hpp"
#include "scenario/states.hpp"

#include <array>
#include <span>
#include <string_view>

namespace tempfail::scenario {

std::span<const MapKind> map_kinds();
/// `name` is one of the table's.
const MapKind& map_kind(std::string_view name);

inline constexpr std::array<Named<KeyedBy>, 7> per_words = {{
    {"envelope", KeyedBy::envelope},
    {"sender", KeyedBy::sender},
    {"recipient", KeyedBy::recipient},
    {"client", KeyedBy::client},
    {"message", KeyedBy::message},
    {"connection", KeyedBy::connection},
    {"scenario", KeyedBy::scenario},
}};
inline constexpr std::array<Named<KeyedBy>, 2> rate_per_words = {{
    {"client", KeyedBy::client},
    {"scenario", KeyedBy::scenario},
}};

/// In the order EHLO announces them.
inline constexpr std::array<Named<Extension>, extension_count> extension_words = {{
    {"PIPELINING", Extension::pipelining},
    {"SIZE", Extension::size},
    {"8BITMIME", Extension::eight_bit_mime},
    {"SMTPUTF8", Extension::smtputf8},
    {"CHUNKING", Extension::chunking},
    {"DSN", Extension::dsn},
    {"ENHANCEDSTATUSCODES", Extension::enhanced_status_codes},
    {"STARTTLS", Extension::starttls},
    {"AUTH", Extension::auth},
    {"VRFY", Extension::vrfy},
    {"HELP", Extension::help},
}};
inline constexpr std::array<Named<bool>, 2> mechanism_words = {{{"PLAIN", true}, {"LOGIN", true}}};
inline constexpr std::array<Named<TlsMode>, 3> tls_words = {{
    {to_string(TlsMode::none), TlsMode::none},
    {to_string(TlsMode::starttls), TlsMode::starttls},
    {to_string(TlsMode::implicit), TlsMode::implicit},
}};
inline constexpr std::array<Named<TlsVersion>, 4> tls_version_words = {{
    {"1.0", TlsVersion::tls1_0},
    {"1.1", TlsVersion::tls1_1},
    {"1.2", TlsVersion::tls1_2},
    {"1.3", TlsVersion::tls1_3},
}};
inline constexpr std::array<Named<KeyKind>, 2> key_words = {{
    {"ecdsa-p256", KeyKind::ecdsa_p256},
    {"rsa-2048", KeyKind::rsa_2048},
}};
inline constexpr std::array<Named<CertificateProblem>, 10> certificate_words = {{
    {"good", CertificateProblem::none},
    {"expired", CertificateProblem::expired},
    {"not-yet-valid", CertificateProblem::not_yet_valid},
    {"wrong-host", CertificateProblem::wrong_host},
    {"self-signed", CertificateProblem::self_signed},
    {"unknown-authority", CertificateProblem::unknown_authority},
    {"incomplete-chain", CertificateProblem::incomplete_chain},
    {"revoked", CertificateProblem::revoked},
    {"weak-key", CertificateProblem::weak_key},
    {"sha1", CertificateProblem::sha1},
}};
inline constexpr std::array<Named<ClientCertificate>, 3> client_certificate_words = {{
    {"none", ClientCertificate::none},
    {"asked", ClientCertificate::asked},
    {"demanded", ClientCertificate::demanded},
}};
inline constexpr std::array<Named<ListenAnswer>, 5> listen_words = {{
    {"accepted", ListenAnswer::accepted},
    {"refused", ListenAnswer::refused},
    {"silence", ListenAnswer::silence},
    {"host-unreachable", ListenAnswer::host_unreachable},
    {"network-unreachable", ListenAnswer::network_unreachable},
}};
inline constexpr std::array<Named<ForwardTo>, 2> forward_words = {{
    {"sender", ForwardTo::sender},
    {"next-host", ForwardTo::next_host},
}};
inline constexpr std::array<Named<RecordType>, 9> record_words = {{
    {"A", RecordType::a},
    {"AAAA", RecordType::aaaa},
    {"MX", RecordType::mx},
    {"TXT", RecordType::txt},
    {"CNAME", RecordType::cname},
    {"NS", RecordType::ns},
    {"SOA", RecordType::soa},
    {"PTR", RecordType::ptr},
    {"TLSA", RecordType::tlsa},
}};
/// What a query is answered, but for records, which have a key of their own.
inline constexpr std::array<Named<NameAnswerKind>, 10> name_answer_kind_words = {{
    {to_string(NameAnswerKind::nodata), NameAnswerKind::nodata},
    {to_string(NameAnswerKind::nxdomain), NameAnswerKind::nxdomain},
    {to_string(NameAnswerKind::servfail), NameAnswerKind::servfail},
    {to_string(NameAnswerKind::refused), NameAnswerKind::refused},
    {to_string(NameAnswerKind::formerr), NameAnswerKind::formerr},
    {to_string(NameAnswerKind::notimp), NameAnswerKind::notimp},
    {to_string(NameAnswerKind::silence), NameAnswerKind::silence},
    {to_string(NameAnswerKind::reset), NameAnswerKind::reset},
    {to_string(NameAnswerKind::lame), NameAnswerKind::lame},
    {to_string(NameAnswerKind::garbage), NameAnswerKind::garbage},
}};
inline constexpr std::array<Named<Transport>, 2> transport_words = {{
    {to_string(Transport::udp), Transport::udp},
    {to_string(Transport::tcp), Transport::tcp},
}};
inline constexpr std::array<Named<WrongPart>, 2> wrong_words = {{
    {"id", WrongPart::id},
    {"question", WrongPart::question},
}};
inline constexpr std::array<Named<AddressFamily>, 2> address_words = {{
    {"ipv4", AddressFamily::ipv4},
    {"ipv6", AddressFamily::ipv6},
}};
inline constexpr std::array<Named<TextField>, 4> text_fields = {{
    {"helo", TextField::helo},
    {"verb", TextField::verb},
    {"sender", TextField::sender},
    {"recipient", TextField::recipient},
}};
inline constexpr std::array<Named<NumberField>, 8> number_fields = {{
    {"declared-size", NumberField::declared_size},
    {"size", NumberField::size},
    {"recipients", NumberField::recipients},
    {"messages", NumberField::messages},
    {"connections", NumberField::connections},
    {"total-connections", NumberField::total_connections},
    {"received-fields", NumberField::received_fields},
    {"commands", NumberField::commands},
}};
inline constexpr std::array<Named<FlagField>, 4> flag_fields = {{
    {"tls", FlagField::tls},
    {"authenticated", FlagField::authenticated},
    {"smtputf8", FlagField::smtputf8},
    {"8bitmime", FlagField::eight_bit},
}};
inline constexpr std::array<Named<Operand>, 2> operand_words = {{
    {"spool.free", Operand::spool_free},
    {"mailbox.free", Operand::mailbox_free},
}};
/// Two characters before one, so that the first that fits is the right one.
inline constexpr std::array<Named<Comparison>, 6> comparison_words = {{
    {"<=", Comparison::less_equal},
    {">=", Comparison::greater_equal},
    {"!=", Comparison::not_equal},
    {"<", Comparison::less},
    {">", Comparison::greater},
    {"=", Comparison::equal},
}};

/// Conditions of a notification in `notify`, which stand together; NEVER stands alone.
inline constexpr std::array<std::string_view, 4> notify_words = {"never", "success", "failure",
                                                                 "delay"};
/// What a notification is to return, in `ret`.
inline constexpr std::array<std::string_view, 2> ret_words = {"full", "hdrs"};
/// Fields that a notification may be expected to have.
inline constexpr std::array<std::string_view, 5> notified_field_words = {
    "Remote-MTA", "Diagnostic-Code", "Original-Recipient", "Original-Envelope-Id",
    "Will-Retry-Until"};

/// What does not keep a rule from firing, in `even`.
inline constexpr std::array<std::string_view, 1> even_words = {"out-of-sequence"};
/// What `met` takes by itself, and the blocks that it may name beside stages.
inline constexpr std::array<std::string_view, 2> met_whole_words = {"all", "session"};
inline constexpr std::array<std::string_view, 4> met_block_words = {"listen", "tls", "extensions",
                                                                    "names"};

/// Actions that can stand alone as a word, in `do`.
inline constexpr auto action_words = faults::keys_where<faults::stands_alone>();
/// Actions with a value, as a key of the rule itself or of an entry in `do`.
inline constexpr auto action_keys = faults::keys_where<faults::takes_value>();

} // namespace tempfail::scenario
