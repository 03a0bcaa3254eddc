// MX, AAAA and A questions through c-ares.
#include "client/net/resolver.hpp"

#include "base/ascii.hpp"
#include "client/net/resolver_watch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace tempfail::client {
namespace {

namespace asio = boost::asio;

constexpr int addresses_max = 32; ///< of one host and family

DnsError error_of(int status) {
  switch (status) {
  case ARES_SUCCESS: return DnsError::none;
  case ARES_ENODATA: return DnsError::no_data;
  case ARES_ENOTFOUND:
  case ARES_EBADNAME: return DnsError::nxdomain;
  case ARES_ETIMEOUT:
  case ARES_ECONNREFUSED:
  case ARES_ECANCELLED:
  case ARES_EDESTRUCTION: return DnsError::no_answer;
  default: return DnsError::servfail;
  }
}

std::string lower_without_dot(std::string_view name) {
  std::string result(name);
  if (result.ends_with('.')) {
    result.pop_back();
  }
  return base::lower(result);
}

std::string address_text(int family, const void* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(family, bytes, text.data(), text.size()) == nullptr ? std::string()
                                                                       : std::string(text.data());
}

/// A malformed name in an answer is the server's fault; in a question it would be ours.
int of_answer(int status) {
  return status == ARES_EBADNAME ? ARES_EBADRESP : status;
}

int read_mail_hosts(const unsigned char* bytes, int length, std::vector<MailHost>& hosts) {
  ares_mx_reply* list = nullptr;
  const int status = ares_parse_mx_reply(bytes, length, &list);
  for (const ares_mx_reply* each = list; each != nullptr; each = each->next) {
    hosts.push_back({.preference = each->priority, .host = lower_without_dot(each->host)});
  }
  if (list != nullptr) {
    ares_free_data(list);
  }
  return status == ARES_SUCCESS && hosts.empty() ? ARES_ENODATA : of_answer(status);
}

int read_addresses(bool v6, const unsigned char* bytes, int length,
                   std::vector<Address>& addresses) {
  int count = addresses_max;
  int status = ARES_SUCCESS;
  if (v6) {
    std::array<ares_addr6ttl, addresses_max> found{};
    status = ares_parse_aaaa_reply(bytes, length, nullptr, found.data(), &count);
    for (int index = 0; status == ARES_SUCCESS && index < count; ++index) {
      addresses.push_back(
          {.ip = address_text(AF_INET6, &found[static_cast<std::size_t>(index)].ip6addr),
           .v6 = true});
    }
  } else {
    std::array<ares_addrttl, addresses_max> found{};
    status = ares_parse_a_reply(bytes, length, nullptr, found.data(), &count);
    for (int index = 0; status == ARES_SUCCESS && index < count; ++index) {
      addresses.push_back(
          {.ip = address_text(AF_INET, &found[static_cast<std::size_t>(index)].ipaddr),
           .v6 = false});
    }
  }
  return status == ARES_SUCCESS && count == 0 ? ARES_ENODATA : of_answer(status);
}

/// The code of an answer that came, as ares_query() has it.
int status_of_answer(const unsigned char* bytes, int length) {
  constexpr int header_size = 12;
  if (bytes == nullptr || length < header_size) {
    return ARES_EBADRESP;
  }
  const bool has_records = bytes[6] != 0 || bytes[7] != 0;
  switch (bytes[3] & 0xFU) {
  case 0: return has_records ? ARES_SUCCESS : ARES_ENODATA;
  case 1: return ARES_EFORMERR;
  case 3: return ARES_ENOTFOUND;
  case 4: return ARES_ENOTIMP;
  case 5: return ARES_EREFUSED;
  default: return ARES_ESERVFAIL;
  }
}

constexpr unsigned char authenticated_bit = 0x20; ///< AD, in the fourth octet

bool is_authenticated(const unsigned char* bytes, int length) {
  return bytes != nullptr && length > 3 && (bytes[3] & authenticated_bit) != 0;
}

/// A question under way; c-ares carries a pointer to it and gives it back exactly once.
struct Question {
  std::function<void(int status, const unsigned char* bytes, int length)> done;

  static void answer(void* argument, int status, int, unsigned char* bytes, int length) {
    const std::unique_ptr<Question> self(static_cast<Question*>(argument));
    self->done(status == ARES_SUCCESS ? status_of_answer(bytes, length) : status, bytes, length);
  }
};

/// The two halves of an address look-up.
struct AddressSearch {
  std::function<void(DnsAnswer<Address>)> done;
  DnsAnswer<Address> answer;
  std::array<int, 2> statuses{}; ///< AAAA, A
  std::array<std::vector<Address>, 2> found;
  int open = 2;
};

class AresResolver : public Resolver {
 public:
  AresResolver(asio::io_context& context, const ResolverOptions& options)
      : context_(context), watch_(make_resolver_watch(context)),
        own_servers_(!options.servers.empty()) {
    ares_options settings{};
    // c-ares would pass over SERVFAIL and REFUSED in silence and say "connection refused" in the end.
    settings.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOCHECKRESP;
    settings.timeout = static_cast<int>(std::max<std::int64_t>(options.time_out.count(), 1));
    settings.tries = options.tries;
    settings.ndomains = 0;
    settings.sock_state_cb = [](void* data, ares_socket_t descriptor, int readable, int writable) {
      static_cast<ResolverWatch*>(data)->socket_state(descriptor, readable != 0, writable != 0);
    };
    settings.sock_state_cb_data = watch_.get();
    const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_DOMAINS |
                     ARES_OPT_ROTATE | ARES_OPT_SOCK_STATE_CB;
    int status = ares_init_options(&channel_, &settings, mask);
    if (status == ARES_SUCCESS && own_servers_) {
      status = ares_set_servers_ports_csv(channel_, options.servers.c_str());
    }
    if (status != ARES_SUCCESS) {
      if (channel_ != nullptr) {
        ares_destroy(channel_);
      }
      throw std::runtime_error("resolver " + options.servers + ": " + ares_strerror(status));
    }
    watch_->set_channel(channel_);
  }

  ~AresResolver() override {
    ares_destroy(channel_); // answers every open question; their callbacks must not ask again
    watch_->set_channel(nullptr);
  }

  AresResolver(const AresResolver&) = delete;
  AresResolver& operator=(const AresResolver&) = delete;

  void mail_hosts(const std::string& domain,
                  std::function<void(DnsAnswer<MailHost>)> done) override {
    ask(domain, ns_t_mx,
        [done = std::move(done)](int status, const unsigned char* bytes, int length) {
          DnsAnswer<MailHost> answer;
          if (status == ARES_SUCCESS) {
            status = read_mail_hosts(bytes, length, answer.records);
          }
          answer.error = error_of(status);
          answer.text = status == ARES_SUCCESS ? "" : ares_strerror(status);
          answer.authenticated = is_authenticated(bytes, length);
          done(std::move(answer));
        });
  }

  void addresses(const std::string& host, std::function<void(DnsAnswer<Address>)> done) override {
    DnsAnswer<Address> known = from_hosts_file(host);
    if (!known.records.empty()) {
      asio::post(context_, [done = std::move(done), known = std::move(known)] { done(known); });
      return;
    }
    const auto search = std::make_shared<AddressSearch>();
    search->done = std::move(done);
    for (const bool v6 : {true, false}) {
      ask(host, v6 ? ns_t_aaaa : ns_t_a,
          [search, v6](int status, const unsigned char* bytes, int length) {
            const std::size_t half = v6 ? 0 : 1;
            search->statuses[half] = status == ARES_SUCCESS
                                         ? read_addresses(v6, bytes, length, search->found[half])
                                         : status;
            if (--search->open == 0) {
              finish(*search);
            }
          });
    }
  }

 private:
  using Done = std::function<void(int status, const unsigned char* bytes, int length)>;

  void ask(const std::string& name, ns_type type, Done done) {
    ask(name, type, std::move(done), server_count());
  }

  /// A server that fails is followed by the next one (the channel rotates), until all have been asked.
  void ask(const std::string& name, ns_type type, Done done, std::size_t servers_left) {
    auto* question = new Question;
    question->done = [this, name, type, done = std::move(done),
                      servers_left](int status, const unsigned char* bytes, int length) {
      if (error_of(status) == DnsError::servfail && servers_left > 1) {
        asio::post(context_, [this, alive = std::weak_ptr(watch_), name, type, done, servers_left] {
          if (!alive.expired()) {
            ask(name, type, done, servers_left - 1);
          }
        });
        return;
      }
      // The answer may come from inside ares_query(): it is told later, so that callers need not care.
      std::string copy(reinterpret_cast<const char*>(bytes),
                       bytes == nullptr ? 0 : static_cast<std::size_t>(length));
      asio::post(context_, [done, status, copy = std::move(copy)] {
        done(status, reinterpret_cast<const unsigned char*>(copy.data()),
             static_cast<int>(copy.size()));
      });
    };
    send(name, type, question);
    watch_->asked();
  }

  /// As ares_query() does it, and asks whether the answer is secure (RFC 6840 section 5.7).
  void send(const std::string& name, ns_type type, Question* question) {
    unsigned char* query = nullptr;
    int length = 0;
    std::array<unsigned char, 2> id{};
    RAND_bytes(id.data(), static_cast<int>(id.size()));
    const int status =
        ares_create_query(name.c_str(), ns_c_in, type,
                          static_cast<unsigned short>(id[0] << 8U | id[1]), 1, &query, &length, 0);
    if (status != ARES_SUCCESS) {
      Question::answer(question, status, 0, nullptr, 0);
      return;
    }
    query[3] |= authenticated_bit;
    ares_send(channel_, query, length, &Question::answer, question);
    ares_free_string(query);
  }

  std::size_t server_count() const {
    ares_addr_port_node* list = nullptr;
    std::size_t count = 0;
    if (ares_get_servers_ports(channel_, &list) == ARES_SUCCESS) {
      for (const ares_addr_port_node* each = list; each != nullptr; each = each->next) {
        ++count;
      }
      ares_free_data(list);
    }
    return count;
  }

  static void finish(AddressSearch& search) {
    DnsAnswer<Address>& answer = search.answer;
    for (auto& half : search.found) {
      answer.records.insert(answer.records.end(), half.begin(), half.end());
    }
    if (answer.records.empty()) {
      answer.error = worst(error_of(search.statuses[0]), error_of(search.statuses[1]));
      const bool first = error_of(search.statuses[0]) == answer.error;
      answer.text = ares_strerror(search.statuses[first ? 0 : 1]);
    }
    search.done(std::move(answer));
  }

  /// Trouble counts more than "nothing there": what could not be asked may still exist.
  static DnsError worst(DnsError one, DnsError other) {
    for (const DnsError error : {DnsError::no_answer, DnsError::servfail, DnsError::nxdomain}) {
      if (one == error || other == error) {
        return error;
      }
    }
    return DnsError::no_data;
  }

  /// The hosts file counts unless name servers were named: then they alone say what exists, but for
  /// "localhost".
  DnsAnswer<Address> from_hosts_file(const std::string& host) {
    DnsAnswer<Address> answer;
    if (own_servers_ && host != "localhost") {
      return answer;
    }
    for (const int family : {AF_INET6, AF_INET}) {
      hostent* entry = nullptr;
      if (ares_gethostbyname_file(channel_, host.c_str(), family, &entry) == ARES_SUCCESS &&
          entry != nullptr) {
        for (char** each = entry->h_addr_list; *each != nullptr; ++each) {
          answer.records.push_back({.ip = address_text(family, *each), .v6 = family == AF_INET6});
        }
      }
      if (entry != nullptr) {
        ares_free_hostent(entry);
      }
    }
    return answer;
  }

  asio::io_context& context_;
  std::shared_ptr<ResolverWatch> watch_;
  bool own_servers_;
  ares_channel channel_ = nullptr;
};

} // namespace

std::unique_ptr<Resolver> make_resolver(asio::io_context& context, const ResolverOptions& options) {
  static const int initialised = ares_library_init(ARES_LIB_INIT_ALL);
  if (initialised != ARES_SUCCESS) {
    throw std::runtime_error(std::string("c-ares: ") + ares_strerror(initialised));
  }
  return std::make_unique<AresResolver>(context, options);
}

} // namespace tempfail::client
