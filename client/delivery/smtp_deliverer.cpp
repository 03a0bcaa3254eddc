// Holds what the tries share: resolver, TLS contexts, connections.
#include "client/delivery/smtp_deliverer.hpp"

#include "client/delivery/common_hosts.hpp"
#include "client/net/own_addresses.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <unistd.h>

#include <array>
#include <iterator>
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
               const DeliverySettings& settings, AttemptCallbacks callbacks) override {
    given_.push_back(
        {message, {recipients.begin(), recipients.end()}, settings, std::move(callbacks)});
    if (given_.size() == 1) asio::post(context_, [this] { begin_given(); });
  }

  void close_idle() override { pool_.close_idle(); }
  const Pool& pool() const override { return pool_; }

 private:
  DeliveryParts parts() { return {context_, options_, tls_, *resolver_, pool_}; }

  /// All that was given in one turn: tries at one message come in a row.
  void begin_given() {
    std::vector<GivenTry> given = std::exchange(given_, {});
    for (std::size_t first = 0; first < given.size();) {
      std::size_t end = first + 1;
      while (end < given.size() && CommonHosts::fit_together(given[first], given[end]) &&
             has_domain(given[first]) && has_domain(given[end]))
        ++end;
      if (end == first + 1) {
        GivenTry& one = given[first];
        std::make_shared<Attempt>(parts(), one.message, one.recipients, one.settings,
                                  std::move(one.callbacks))
            ->start();
      } else {
        std::make_shared<CommonHosts>(
            parts(),
            std::vector<GivenTry>(
                std::make_move_iterator(given.begin() + static_cast<std::ptrdiff_t>(first)),
                std::make_move_iterator(given.begin() + static_cast<std::ptrdiff_t>(end))))
            ->start();
      }
      first = end;
    }
  }

  /// Whether there are mail hosts to be looked up.
  static bool has_domain(const GivenTry& given) {
    if (given.recipients.empty()) return false;
    const std::string domain = domain_of(given.recipients.front().address);
    return !domain.empty() && !Address::parse(domain);
  }

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
  std::vector<GivenTry> given_; ///< that have not begun
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
