// Holds what the tries share: resolver, TLS contexts, connections.
#include "client/delivery/smtp_deliverer.hpp"

#include "client/delivery/attempt.hpp"
#include "client/net/own_addresses.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <unistd.h>

#include <array>
#include <utility>

namespace tempfail::client {
namespace {

namespace asio = boost::asio;

constexpr std::uint16_t smtp_port = 25;

class Smtp : public SmtpDeliverer {
 public:
  Smtp(asio::io_context& context, DelivererOptions options)
      : context_(context), options_(completed(std::move(options))), tls_(options_.tls),
        resolver_(make_resolver(context, options_.resolver)),
        pool_(context, options_.pool, options_.time_scale) {}

  void attempt(const Message& message, std::span<const Recipient> recipients,
               const Settings& settings, AttemptCallbacks callbacks) override {
    const auto attempt =
        std::make_shared<Attempt>(DeliveryParts{context_, options_, tls_, *resolver_, pool_},
                                  message, recipients, settings, std::move(callbacks));
    asio::post(context_, [attempt] { attempt->start(); });
  }

  void close_idle() override { pool_.close_idle(); }
  const Pool& pool() const override { return pool_; }

 private:
  static DelivererOptions completed(DelivererOptions options) {
    if (options.helo_name.empty()) {
      options.helo_name = own_name();
    }
    if (!options.is_own) {
      // On another port there is another server.
      options.is_own = [](const Address& address, std::uint16_t port) {
        return port == smtp_port && is_own_address(address);
      };
    }
    return options;
  }

  asio::io_context& context_;
  DelivererOptions options_;
  TlsContext tls_;
  std::unique_ptr<Resolver> resolver_;
  Pool pool_;
};

} // namespace

std::unique_ptr<SmtpDeliverer> make_smtp_deliverer(asio::io_context& context,
                                                   DelivererOptions options) {
  return std::make_unique<Smtp>(context, std::move(options));
}

std::string own_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') {
    return "[127.0.0.1]";
  }
  const std::string text = name.data();
  return text.find('.') == std::string::npos ? text + ".localdomain" : text;
}

} // namespace tempfail::client
