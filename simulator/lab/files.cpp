// Contents of the files, and which of them there are.
#include "lab/files.hpp"

#include "lab/missing.hpp"
#include "lab/plan.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace tempfail::lab {

namespace fs = std::filesystem;

namespace {

/// Sockets of services that look names up outside, in whatever network their clients are.
constexpr std::array<const char*, 5> hidden_sockets = {
    "/run/systemd/resolve/io.systemd.Resolve", "/run/systemd/resolve/io.systemd.Resolve.Monitor",
    "/run/nscd/socket", "/run/avahi-daemon/socket", "/run/dbus/system_bus_socket"};

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Where a path leads; empty when it leads nowhere.
std::string real_path(const char* path) {
  std::error_code error;
  const fs::path found = fs::canonical(path, error);
  return error ? std::string() : found.string();
}

} // namespace

std::string resolv_conf(const SenderSettings& settings) {
  std::string text = "# The lab's own.\nnameserver " + settings.name_server + "\n";
  if (!settings.search.empty()) text += "search " + settings.search + "\n";
  return text + "options timeout:1 attempts:1\n"; // resolvers wait in real seconds
}

std::string hosts_file(const SenderSettings& settings) {
  const std::string short_name = settings.host_name.substr(0, settings.host_name.find('.'));
  std::string names = settings.host_name;
  if (short_name != names) names += ' ' + short_name;
  return "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n" +
         std::string(sender_ipv4) + ' ' + names + '\n' + std::string(sender_ipv6) + ' ' + names +
         '\n';
}

std::string plain_nsswitch(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == line.npos || !line.substr(start).starts_with("hosts:"))
      result += std::string(line) + '\n';
  }
  return result + "hosts: files dns\n";
}

std::vector<Overlay> overlays_for(const SenderSettings& settings) {
  std::vector<Overlay> overlays;
  const std::string resolver = real_path("/etc/resolv.conf");
  if (resolver.empty()) throw_unavailable(LabStep::bind_file, ENOENT, "/etc/resolv.conf");
  overlays.push_back({resolver, resolv_conf(settings)});
  if (const std::string path = real_path("/etc/hosts"); !path.empty())
    overlays.push_back({path, hosts_file(settings)});
  if (const std::string path = real_path("/etc/hostname"); !path.empty())
    overlays.push_back({path, settings.host_name + '\n'});
  if (const std::string path = real_path("/etc/nsswitch.conf"); !path.empty())
    overlays.push_back({path, plain_nsswitch(text_of(path))});
  for (const char* const socket : hidden_sockets)
    if (const std::string path = real_path(socket); !path.empty()) overlays.push_back({path, ""});
  return overlays;
}

} // namespace tempfail::lab
