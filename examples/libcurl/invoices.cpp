// Sends by libcurl, as its manual shows it.
#include "invoices.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>

namespace {

struct Text {
  std::string left;
};

std::size_t read_text(char* buffer, std::size_t size, std::size_t count, void* from) {
  std::string& left = static_cast<Text*>(from)->left;
  const std::size_t now = std::min(left.size(), size * count);
  std::memcpy(buffer, left.data(), now);
  left.erase(0, now);
  return now;
}

void send(Invoice& invoice, const std::string& url) {
  Text text{"From: <billing@shop.test>\r\nTo: <" + invoice.customer +
            ">\r\nMessage-ID: " + invoice.id + "\r\nSubject: Your invoice\r\n\r\nPlease pay.\r\n"};
  CURL* const curl = curl_easy_init();
  curl_slist* const recipients = curl_slist_append(nullptr, invoice.customer.c_str());
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, "<billing@shop.test>");
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_text);
  curl_easy_setopt(curl, CURLOPT_READDATA, &text);
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
  const CURLcode result = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &invoice.code);
  curl_slist_free_all(recipients);
  curl_easy_cleanup(curl);
  if (result == CURLE_OK) {
    invoice.state = State::sent;
  } else {
    invoice.trouble = curl_easy_strerror(result);
    if (invoice.code >= 500) invoice.state = State::failed; // else: once more
  }
}

} // namespace

void run_job(std::vector<Invoice>& invoices, const std::string& host, std::uint16_t port) {
  const std::string url = "smtp://" + host + ":" + std::to_string(port) + "/shop.test";
  for (Invoice& invoice : invoices)
    if (invoice.state == State::unsent) send(invoice, url);
}
