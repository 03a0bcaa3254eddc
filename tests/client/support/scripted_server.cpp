// Blocking sockets and threads: as unlike the code under test as can be.
#include "client/support/scripted_server.hpp"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace tempfail::client::test {
namespace {

void require(bool good, const char* what) {
  if (!good) {
    throw std::runtime_error(what);
  }
}

std::pair<int, std::uint16_t> bound_socket(const std::string& address, std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  require(descriptor >= 0, "socket");
  const int one = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &where.sin_addr);
  require(bind(descriptor, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0, "bind");
  socklen_t size = sizeof where;
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&where), &size);
  return {descriptor, ntohs(where.sin_port)};
}

} // namespace

TestCertificate::TestCertificate(const std::string& host, int days) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  require(key != nullptr && certificate != nullptr, "certificate");
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), std::rand());
  X509_gmtime_adj(X509_getm_notBefore(certificate), days < 0 ? days * 86400L - 86400 : -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), days * 86400L);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(host.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509V3_CTX extension_context;
  X509V3_set_ctx(&extension_context, certificate, certificate, nullptr, nullptr, 0);
  for (const auto& [id, value] :
       {std::pair<int, std::string>{NID_subject_alt_name, "DNS:" + host},
        std::pair<int, std::string>{NID_basic_constraints, "critical,CA:TRUE"}}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &extension_context, id, value.c_str());
    require(extension != nullptr, "extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  require(X509_sign(certificate, key, EVP_sha256()) > 0, "sign");
  context_ = SSL_CTX_new(TLS_server_method());
  SSL_CTX_use_certificate(context_, certificate);
  SSL_CTX_use_PrivateKey(context_, key);
  std::string path = "/tmp/tempfail-test-XXXXXX";
  const int descriptor = mkstemp(path.data());
  require(descriptor >= 0, "mkstemp");
  FILE* file = fdopen(descriptor, "w");
  PEM_write_X509(file, certificate);
  fclose(file);
  pem_file_ = path;
  X509_free(certificate);
  EVP_PKEY_free(key);
}

TestCertificate::~TestCertificate() {
  SSL_CTX_free(context_);
  unlink(pem_file_.c_str());
}

Peer::Peer(int descriptor) : descriptor_(descriptor) {
  const timeval patience = {.tv_sec = 60, .tv_usec = 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

Peer::~Peer() {
  close_now();
}

void Peer::close_now() {
  if (tls_ != nullptr) {
    SSL_free(tls_);
    tls_ = nullptr;
  }
  if (descriptor_ >= 0) {
    close(descriptor_);
    descriptor_ = -1;
  }
}

void Peer::say(std::string_view lines) {
  std::string bytes;
  for (const char letter : lines) {
    bytes += letter == '\n' ? "\r\n" : std::string(1, letter);
  }
  send(bytes + "\r\n");
}

void Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const long count = tls_ != nullptr
                           ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                           : ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      return; // the other side is gone: hear() will tell
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

bool Peer::fill() {
  char part[4096];
  const long count =
      tls_ != nullptr ? SSL_read(tls_, part, sizeof part) : recv(descriptor_, part, sizeof part, 0);
  if (count <= 0) {
    return false;
  }
  buffer_.append(part, static_cast<std::size_t>(count));
  return true;
}

std::string Peer::hear() {
  std::size_t end = buffer_.find("\r\n");
  while (end == std::string::npos) {
    if (!fill()) {
      return {};
    }
    end = buffer_.find("\r\n");
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  heard.push_back(line);
  return line;
}

std::string Peer::hear_content() {
  std::string content;
  for (;;) {
    std::size_t end = buffer_.find("\r\n");
    while (end == std::string::npos) {
      if (!fill()) {
        return content;
      }
      end = buffer_.find("\r\n");
    }
    const std::string line = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 2);
    if (line == ".\r\n") {
      contents.push_back(content);
      return content;
    }
    content += line.starts_with('.') ? line.substr(1) : line;
  }
}

std::string Peer::hear_all() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

std::string Peer::hear_bytes(std::size_t count) {
  while (buffer_.size() < count && fill()) {
  }
  std::string result = buffer_.substr(0, count);
  buffer_.erase(0, result.size());
  return result;
}

void Peer::start_tls(const TestCertificate& certificate) {
  tls_ = SSL_new(certificate.context());
  SSL_set_fd(tls_, descriptor_);
  if (SSL_accept(tls_) != 1) {
    throw std::runtime_error("handshake");
  }
}

void Peer::reset() {
  const linger hard = {.l_onoff = 1, .l_linger = 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close_now();
}

void Peer::finish() {
  shutdown(descriptor_, SHUT_WR);
  hear_all();
}

void Peer::serve(std::string_view ehlo, std::string_view verdict) {
  say("220 mx.test ESMTP");
  serve_after_greeting(ehlo, verdict);
}

void Peer::serve_after_greeting(std::string_view ehlo, std::string_view verdict) {
  for (std::string line = hear(); !line.empty(); line = hear()) {
    if (line.starts_with("EHLO")) {
      say(ehlo);
    } else if (line == "DATA") {
      say("354 go on");
      hear_content();
      say(verdict);
    } else if (line.starts_with("BDAT ")) {
      contents.push_back(hear_bytes(static_cast<std::size_t>(std::stoul(line.substr(5)))));
      say(verdict);
    } else if (line == "QUIT") {
      if (on_quit) {
        on_quit();
      }
      say("221 bye");
      return;
    } else {
      say("250 ok");
    }
  }
}

ScriptedServer::ScriptedServer(std::vector<Script> scripts, const std::string& address,
                               std::uint16_t port)
    : scripts_(std::move(scripts)) {
  std::tie(listener_, port_) = bound_socket(address, port);
  require(listen(listener_, 64) == 0, "listen");
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  stop();
  close(listener_);
}

void ScriptedServer::stop() {
  if (stopping_.exchange(true)) {
    return;
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void ScriptedServer::accept_all() {
  for (;;) {
    const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) {
      return;
    }
    const std::size_t number = connections_++;
    threads_.emplace_back([this, number, descriptor] { play(number, descriptor); });
  }
}

void ScriptedServer::play(std::size_t number, int descriptor) {
  Peer peer(descriptor);
  try {
    scripts_.at(std::min(number, scripts_.size() - 1))(peer);
  } catch (const std::exception& error) {
    peer.heard.push_back(std::string("! ") + error.what());
  }
  const std::lock_guard lock(mutex_);
  heard_.insert(heard_.end(), peer.heard.begin(), peer.heard.end());
  contents_.insert(contents_.end(), peer.contents.begin(), peer.contents.end());
}

std::vector<std::string> ScriptedServer::heard() {
  const std::lock_guard lock(mutex_);
  return heard_;
}

std::vector<std::string> ScriptedServer::contents() {
  const std::lock_guard lock(mutex_);
  return contents_;
}

RefusedPort::RefusedPort(const std::string& address, std::uint16_t port) {
  std::tie(descriptor_, port_) = bound_socket(address, port);
}

RefusedPort::~RefusedPort() {
  close(descriptor_);
}

} // namespace tempfail::client::test
