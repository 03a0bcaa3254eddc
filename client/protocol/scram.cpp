// SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding: the password never crosses the wire,
// and the server proves that it knows it too.
#include "base/base64.hpp"
#include "client/protocol/sasl.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>
#include <charconv>
#include <utility>

namespace tempfail::client {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

constexpr int iterations_max = 1'000'000; ///< a server must not keep this side computing for ever

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string_view text_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest hmac(const Digest& key, std::string_view text) {
  Digest result{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(),
       result.data(), &length);
  return result;
}

/// User names escape ',' and '=' (RFC 5802 section 5.1).
std::string escaped(std::string_view name) {
  std::string result;
  for (const char letter : name) {
    if (letter == ',') {
      result += "=2C";
    } else if (letter == '=') {
      result += "=3D";
    } else {
      result += letter;
    }
  }
  return result;
}

/// The value of attribute `key` in "r=…,s=…,i=…".
std::string_view attribute(std::string_view message, char key) {
  while (!message.empty()) {
    const std::string_view part = message.substr(0, message.find(','));
    if (part.size() >= 2 && part[0] == key && part[1] == '=') {
      return part.substr(2);
    }
    message.remove_prefix(std::min(part.size() + 1, message.size()));
  }
  return {};
}

class ScramSha256 : public SaslMechanism {
 public:
  ScramSha256(const Credentials& credentials, std::string nonce)
      : password_(credentials.password), nonce_(std::move(nonce)),
        first_bare_("n=" + escaped(credentials.user) + ",r=" + nonce_) {}

  std::string_view name() const override { return "SCRAM-SHA-256"; }
  std::optional<std::string> initial() override { return "n,," + first_bare_; }

  std::optional<std::string> answer(std::string_view challenge) override {
    if (step_ == 0) {
      step_ = 1;
      return prove(challenge);
    }
    const auto signature = base::decode_base64(attribute(challenge, 'v'));
    complete_ = step_ == 1 && signature && *signature == text_of(server_signature_);
    step_ = 2;
    return complete_ ? std::optional<std::string>("") : std::nullopt;
  }

  bool complete() const override { return complete_; }

 private:
  std::optional<std::string> prove(std::string_view server_first) {
    const std::string_view nonce = attribute(server_first, 'r');
    const auto salt = base::decode_base64(attribute(server_first, 's'));
    const std::string_view count = attribute(server_first, 'i');
    int iterations = 0;
    std::from_chars(count.data(), count.data() + count.size(), iterations);
    if (!nonce.starts_with(nonce_) || nonce.size() == nonce_.size() || !salt || salt->empty() ||
        iterations < 1 || iterations > iterations_max) {
      return std::nullopt;
    }
    Digest salted{};
    PKCS5_PBKDF2_HMAC(password_.data(), static_cast<int>(password_.size()), bytes_of(*salt),
                      static_cast<int>(salt->size()), iterations, EVP_sha256(),
                      static_cast<int>(salted.size()), salted.data());
    const std::string final_bare = "c=biws,r=" + std::string(nonce);
    const std::string signed_text =
        first_bare_ + ',' + std::string(server_first) + ',' + final_bare;
    Digest proof = hmac(salted, "Client Key");
    Digest stored{};
    SHA256(proof.data(), proof.size(), stored.data());
    const Digest signature = hmac(stored, signed_text);
    for (std::size_t index = 0; index < proof.size(); ++index) {
      proof[index] = static_cast<unsigned char>(proof[index] ^ signature[index]);
    }
    server_signature_ = hmac(hmac(salted, "Server Key"), signed_text);
    return final_bare + ",p=" + base::encode_base64(text_of(proof));
  }

  std::string password_;
  std::string nonce_;
  std::string first_bare_;
  Digest server_signature_{};
  int step_ = 0;
  bool complete_ = false;
};

} // namespace

std::unique_ptr<SaslMechanism> make_scram_sha_256(const Credentials& credentials,
                                                  std::string nonce) {
  return std::make_unique<ScramSha256>(credentials, std::move(nonce));
}

} // namespace tempfail::client
