// Names of fates and failures, and the status codes that failures without a server's word amount
// to.
#include "client/protocol/failure.hpp"

#include <array>
#include <cstddef>

namespace tempfail::client {
namespace {

constexpr std::array<std::string_view, 19> failure_names = {"none",
                                                            "connect-refused",
                                                            "connect-timeout",
                                                            "unreachable",
                                                            "no-greeting",
                                                            "dropped",
                                                            "time-out",
                                                            "tls",
                                                            "dns-nxdomain",
                                                            "dns-servfail",
                                                            "dns-no-answer",
                                                            "dns-null-mx",
                                                            "dns-no-address",
                                                            "reply-4yz",
                                                            "reply-5yz",
                                                            "protocol-error",
                                                            "unsupported",
                                                            "host-off",
                                                            "local"};

constexpr std::array<std::string_view, 3> fate_names = {"delivered", "transient", "permanent"};

/// Subject and detail of the status a failure amounts to (RFC 3463 section 3.5 and following).
Status subject_and_detail(Failure failure) {
  switch (failure) {
  case Failure::none: return {.class_digit = 0, .subject = 0, .detail = 0};
  case Failure::connect_refused:
  case Failure::connect_timeout:
  case Failure::unreachable:
  case Failure::no_greeting:
  case Failure::host_off: return {.class_digit = 0, .subject = 4, .detail = 1};
  case Failure::dropped:
  case Failure::time_out: return {.class_digit = 0, .subject = 4, .detail = 2};
  case Failure::dns_servfail:
  case Failure::dns_no_answer: return {.class_digit = 0, .subject = 4, .detail = 3};
  case Failure::dns_no_address: return {.class_digit = 0, .subject = 4, .detail = 4};
  case Failure::dns_nxdomain: return {.class_digit = 0, .subject = 1, .detail = 2};
  case Failure::dns_null_mx: return {.class_digit = 0, .subject = 1, .detail = 10};
  case Failure::tls: return {.class_digit = 0, .subject = 7, .detail = 5};
  case Failure::protocol_error: return {.class_digit = 0, .subject = 5, .detail = 0};
  case Failure::unsupported: return {.class_digit = 0, .subject = 6, .detail = 3};
  case Failure::local: return {.class_digit = 0, .subject = 3, .detail = 0};
  case Failure::reply_4yz:
  case Failure::reply_5yz: return {.class_digit = 0, .subject = 0, .detail = 0};
  }
  return {};
}

} // namespace

std::string_view name(Failure failure) {
  return failure_names.at(static_cast<std::size_t>(failure));
}

std::optional<Failure> failure_from_name(std::string_view name) {
  for (std::size_t index = 0; index < failure_names.size(); ++index) {
    if (failure_names.at(index) == name) {
      return static_cast<Failure>(index);
    }
  }
  return std::nullopt;
}

std::string_view name(Fate fate) {
  return fate_names.at(static_cast<std::size_t>(fate));
}

std::optional<Fate> fate_from_name(std::string_view name) {
  for (std::size_t index = 0; index < fate_names.size(); ++index) {
    if (fate_names.at(index) == name) {
      return static_cast<Fate>(index);
    }
  }
  return std::nullopt;
}

Status induced_status(Failure failure, Fate fate) {
  Status status = subject_and_detail(failure);
  switch (fate) {
  case Fate::delivered: status.class_digit = 2; break;
  case Fate::transient: status.class_digit = 4; break;
  case Fate::permanent: status.class_digit = 5; break;
  }
  return status;
}

} // namespace tempfail::client
