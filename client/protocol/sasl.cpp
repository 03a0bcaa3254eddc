// PLAIN and LOGIN, and the choice among the mechanisms.
#include "client/protocol/sasl.hpp"

#include <algorithm>

namespace tempfail::client {
namespace {

/// RFC 4616.
class Plain : public SaslMechanism {
 public:
  explicit Plain(const Credentials& credentials)
      : response_(std::string(1, '\0') + credentials.user + '\0' + credentials.password) {}

  std::string_view name() const override { return "PLAIN"; }
  std::optional<std::string> initial() override { return response_; }
  std::optional<std::string> answer(std::string_view) override { return std::nullopt; }

 private:
  std::string response_;
};

/// Never standardised, but everywhere: the server asks for the user, then for the password.
class Login : public SaslMechanism {
 public:
  explicit Login(const Credentials& credentials)
      : answers_{credentials.user, credentials.password} {}

  std::string_view name() const override { return "LOGIN"; }
  std::optional<std::string> initial() override { return std::nullopt; }
  std::optional<std::string> answer(std::string_view) override {
    if (asked_ >= answers_.size()) {
      return std::nullopt;
    }
    return answers_[asked_++];
  }

 private:
  std::vector<std::string> answers_;
  std::size_t asked_ = 0;
};

} // namespace

std::unique_ptr<SaslMechanism> make_plain(const Credentials& credentials) {
  return std::make_unique<Plain>(credentials);
}

std::unique_ptr<SaslMechanism> make_login(const Credentials& credentials) {
  return std::make_unique<Login>(credentials);
}

std::unique_ptr<SaslMechanism> choose_mechanism(const Capabilities& capabilities,
                                                const SessionSettings& settings, bool encrypted,
                                                const std::vector<std::string>& refused) {
  const auto usable = [&](std::string_view mechanism) {
    return capabilities.offers_auth(mechanism) &&
           std::find(refused.begin(), refused.end(), mechanism) == refused.end();
  };
  if (usable("SCRAM-SHA-256") && !settings.nonce.empty()) {
    return make_scram_sha_256(settings.credentials, settings.nonce);
  }
  if (!encrypted && !settings.credentials.allow_clear_text) {
    return nullptr;
  }
  if (usable("PLAIN")) {
    return make_plain(settings.credentials);
  }
  return usable("LOGIN") ? make_login(settings.credentials) : nullptr;
}

} // namespace tempfail::client
