// Writes DNS messages by hand.
#include "client/support/dns_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace tempfail::client::test {
namespace {

std::string number16(std::size_t value) {
  return {static_cast<char>(value >> 8U & 0xffU), static_cast<char>(value & 0xffU)};
}

std::string wire_name(std::string_view name) {
  std::string result;
  while (!name.empty() && name != ".") {
    const std::string_view label = name.substr(0, name.find('.'));
    result += static_cast<char>(label.size());
    result += label;
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  return result + '\0';
}

/// Type and name of the question.
std::pair<int, std::string> read_question(const std::string& message) {
  std::string name;
  std::size_t position = 12;
  while (position < message.size() && message[position] != 0) {
    const auto length = static_cast<unsigned char>(message[position]);
    name += (name.empty() ? "" : ".") + message.substr(position + 1, length);
    position += length + 1U;
  }
  return {static_cast<unsigned char>(message.at(position + 2)), name};
}

std::string record_data(int type, const std::string& record) {
  if (type == 15) {
    const std::size_t space = record.find(' ');
    return number16(std::stoul(record)) + wire_name(std::string_view(record).substr(space + 1));
  }
  std::array<char, 16> bytes{};
  inet_pton(type == 28 ? AF_INET6 : AF_INET, record.c_str(), bytes.data());
  return {bytes.data(), type == 28 ? 16U : 4U};
}

} // namespace

DnsServer::DnsServer(std::map<std::string, DnsReply> table) : table_(std::move(table)) {
  descriptor_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof where;
  if (bind(descriptor_, reinterpret_cast<sockaddr*>(&where), size) != 0) {
    throw std::runtime_error("bind");
  }
  getsockname(descriptor_, reinterpret_cast<sockaddr*>(&where), &size);
  port_ = ntohs(where.sin_port);
  thread_ = std::thread([this] { run(); });
}

DnsServer::~DnsServer() {
  stopping_ = true;
  shutdown(descriptor_, SHUT_RDWR); // wakes recvfrom()
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  where.sin_port = htons(port_);
  const int waker = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sendto(waker, "x", 1, 0, reinterpret_cast<sockaddr*>(&where), sizeof where);
  close(waker);
  thread_.join();
  close(descriptor_);
}

void DnsServer::run() {
  while (!stopping_) {
    std::array<char, 1500> buffer;
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const long count = recvfrom(descriptor_, buffer.data(), buffer.size(), 0,
                                reinterpret_cast<sockaddr*>(&from), &size);
    if (count < 13) {
      continue;
    }
    const std::string reply = answer({buffer.data(), static_cast<std::size_t>(count)});
    if (!reply.empty()) {
      sendto(descriptor_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }
}

DnsReply DnsServer::look_up(const std::string& type, const std::string& name) const {
  if (const auto found = table_.find(type + ' ' + name); found != table_.end()) {
    return found->second;
  }
  for (const auto& [question, reply] : table_) {
    if (question.ends_with(' ' + name)) {
      return {}; // the name exists, with other records
    }
  }
  return {.kind = DnsReply::Kind::nxdomain};
}

std::string DnsServer::answer(const std::string& question) const {
  const auto [type, name] = read_question(question);
  const DnsReply reply = look_up(type == 15 ? "MX" : type == 28 ? "AAAA" : "A", name);
  if (reply.kind == DnsReply::Kind::silence) {
    return {};
  }
  const char code = reply.kind == DnsReply::Kind::nxdomain   ? 3
                    : reply.kind == DnsReply::Kind::servfail ? 2
                    : reply.kind == DnsReply::Kind::refused  ? 5
                                                             : 0;
  const std::string asked = question.substr(12, wire_name(name).size() + 4);
  const int secure = reply.authenticated ? question[3] & 0x20 : 0;
  std::string message = question.substr(0, 2) + '\x81' + static_cast<char>(0x80 | secure | code) +
                        number16(1) + number16(reply.records.size()) + number16(0) + number16(0) +
                        asked;
  if (reply.kind == DnsReply::Kind::garbage) { // promises seven records
    return message.replace(6, 2, number16(7)) + "\xff\xff\xff";
  }
  for (const std::string& record : reply.records) {
    const std::string data = record_data(type, record);
    message += wire_name(name) + number16(static_cast<std::size_t>(type)) + number16(1) +
               number16(0) + number16(60) + number16(data.size()) + data;
  }
  return message;
}

} // namespace tempfail::client::test
