// From replies to judgements.
#include "client/protocol/judgement.hpp"

namespace tempfail::client {

Status status_of_code(std::uint16_t code, Stage stage) {
  switch (code) {
  case 421: return {4, 3, 2};
  case 450: return {4, 2, 0};
  case 451: return {4, 3, 0};
  case 452: return {4, 3, 1};
  case 454: return {4, 7, 0};
  case 455: return {4, 5, 4};
  case 500: return {5, 5, 2};
  case 501: return {5, 5, 4};
  case 502:
  case 503: return {5, 5, 1};
  case 504: return {5, 5, 4};
  case 521: return {5, 3, 2};
  case 530: return {5, 7, 0};
  case 535: return {5, 7, 8};
  case 551: return {5, 1, 6};
  case 552: return stage == Stage::rcpt ? Status{5, 2, 2} : Status{5, 3, 4};
  case 553: return {5, 1, 3};
  case 555: return {5, 5, 4};
  case 556: return {5, 1, 10};
  default: break;
  }
  if (code / 100 == 4) {
    return {4, static_cast<std::uint16_t>(code / 10 % 10), static_cast<std::uint16_t>(code % 10)};
  }
  return {static_cast<std::uint16_t>(code / 100), 0, 0};
}

Settlement judge(const Reply& reply, Stage stage) {
  Settlement result;
  result.stage = stage;
  result.code = reply.code;
  result.text = reply.text();
  result.status = reply.status().value_or(status_of_code(reply.code, stage));
  result.replied = true;
  if (reply.positive()) {
    result.fate = Fate::delivered;
  } else if (reply.permanent()) {
    result.fate = Fate::permanent;
    result.failure = Failure::reply_5yz;
  } else {
    result.fate = Fate::transient;
    result.failure = Failure::reply_4yz;
  }
  return result;
}

Settlement conclude(Fate fate, Failure failure, Stage stage, std::string_view text) {
  Settlement result;
  result.fate = fate;
  result.failure = failure;
  result.stage = stage;
  result.status = induced_status(failure, fate);
  result.text = text;
  return result;
}

} // namespace tempfail::client
