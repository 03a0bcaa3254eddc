// What a sender under test was given, and what it says became of it: checked, and made events of.
#pragma once

#include "control/limits.hpp"
#include "control/values.hpp"
#include "journal/event.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::control {

/// Whether this is one of "delivered", "temporary", "permanent", "failed", "unknown".
bool is_result_word(std::string_view word);
inline constexpr std::string_view result_words = "delivered, temporary, permanent, failed, unknown";
/// Whether this is an enhanced status code of RFC 3463 section 2 other than those of class 3.
bool is_status_code(std::string_view text);
/// Whether a result may be about this recipient: a message went to it, in whatever form of the address.
bool is_recipient(const std::vector<std::string>& recipients, std::string_view recipient);
inline constexpr int min_reply_code = 200;
inline constexpr int max_reply_code = 599;

/// The handovers of one server.
class Handovers {
 public:
  explicit Handovers(const Limits& limits) : limits_(limits) {}

  using Record = std::function<void(const journal::Body&)>;
  /// Checks a handover and records it; throws Refusal.
  HandoverView add(const HandoverRequest& request, const Record& record);
  /// Checks a result, and records it with the id of its handover; throws Refusal.
  void add_result(const ResultRequest& request, const Record& record) const;
  std::size_t size() const { return known_.size(); }
  /// The scenario that a handover was made for; empty: there is none of this id.
  std::string scenario_of(std::string_view id) const;

 private:
  struct Known {
    std::string scenario;
    std::vector<std::string> recipients;
  };
  const std::string& id_of(const ResultRequest& request) const;

  const Limits& limits_;
  std::map<std::string, Known, std::less<>> known_; ///< by id
};

} // namespace tempfail::control
