// The corpus and its mutations: bytes changed, pieces of the protocol put in, cut out, doubled, mixed.
#include "fuzz/corpus.hpp"

#include "report/sample_report.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <string_view>

namespace tempfail::fuzz {
namespace {

constexpr std::array<std::string_view, 52> pieces = {
    "\r\n",
    "\n",
    "\r",
    ".",
    "..",
    "\r\n.\r\n",
    "\r\n.",
    "EHLO x\r\n",
    "HELO x\r\n",
    "MAIL FROM:<a@b>\r\n",
    "MAIL FROM:<> SIZE=1\r\n",
    "RCPT TO:<c@d>\r\n",
    "RCPT TO:<\"q q\"@[IPv6:::1]>\r\n",
    "DATA\r\n",
    "BDAT 5\r\n",
    "BDAT 0 LAST\r\n",
    "BDAT 18446744073709551615 LAST\r\n",
    "RSET\r\n",
    "NOOP\r\n",
    "QUIT\r\n",
    "VRFY x\r\n",
    "STARTTLS\r\n",
    "AUTH PLAIN\r\n",
    "AUTH LOGIN\r\n",
    "AUTH PLAIN AGEAYg==\r\n",
    "*\r\n",
    "dXNlcg==\r\n",
    "<",
    ">",
    "@",
    ":",
    " ",
    "=",
    "\xC3\xA9",
    "\xFF",
    "Received: a\r\n",
    "Message-ID: <1@x>\r\n",
    "SMTPUTF8",
    "BODY=8BITMIME",
    "450 4.2.0 a\n450-b\r\n",
    "\"time_us\":-9223372036854775808",
    "\"session\":2",
    "\"code\":550",
    "\"event\":\"accepted\"",
    "null",
    "-1e300",
    "18446744073709551615",
    "[]",
    "{}",
    "--b\r\n",
    "\r\n\r\n",
    "Status: 4.0.0\r\n",
};

} // namespace

const std::vector<std::string>& corpus() {
  static const std::vector<std::string> all = [] {
    const std::vector<std::string> dialogues = {
        "",
        std::string(64, '\0'),
        "EHLO c\r\nMAIL FROM:<a@b> SIZE=10 BODY=8BITMIME\r\nRCPT TO:<c@d> NOTIFY=NEVER\r\nDATA\r\n"
        "Message-ID: <1@x>\r\nReceived: y\r\n\r\n..x\r\ntext\r\n.\r\nQUIT\r\n",
        "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 5\r\nabcdeBDAT 3 LAST\r\nfghRSET\r\nNOOP\r\nVRFY "
        "x\r\n",
        "a line\r\nanother\n\r\n.\r\n.\rx\r\n.\n.\r\nQUIT\r\n",
        "FROM:<@a,@b:\"x y\"@[127.0.0.1]> SIZE=1 SMTPUTF8",
        "TO:<\xC3\xA9@\xC3\xA9.example> ORCPT=rfc822;a+2Bb",
        "250-first\n250 second",
        "550 5.7.1 no\nmore",
        "4.3.1",
        "dXNlcg==",
        "dXNlcg==\r\nc2VjcmV0\r\nAUTH PLAIN AHVzZXIAc2VjcmV0\r\n",
        "STARTTLS\r\nEHLO injected\r\nEHLO c\r\nMAIL FROM:<a@b>\r\n",
        std::string(700, 'x') + "\r\n" + std::string(1500, 'y') + "\r\n.\r\n",
        "NOOP\r\nNOOP\r\nRSET\r\nRSET\r\nEHLO a\r\nEHLO b\r\nQUIT\r\nQUIT\r\nNOOP\r\n",
    };
    // The front bytes are settings: each dialogue in each of them.
    std::vector<std::string> made = dialogues;
    for (const std::string& dialogue : dialogues)
      for (char variant = 0; variant < 4; ++variant)
        for (char state = 0; state < 9; ++state)
          made.push_back(std::string{variant, state, static_cast<char>(state * 3)} + dialogue);
    return made;
  }();
  return all;
}

const std::vector<std::string>& journal_corpus() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> made;
    for (const auto& entry : std::filesystem::directory_iterator(TEMPFAIL_JOURNALS)) {
      std::ifstream file(entry.path(), std::ios::binary);
      std::string text(std::istreambuf_iterator<char>(file), {});
      made.push_back(static_cast<char>(made.size()) + text);
    }
    std::sort(made.begin(), made.end());
    return made;
  }();
  return all;
}

const std::vector<std::string>& notification_corpus() {
  static const std::string head =
      "From: MAILER-DAEMON@mx.test\r\nMIME-Version: 1.0\r\nContent-Type: "
      "multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\n"
      "Not delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n";
  static const std::string fields =
      "Reporting-MTA: dns; mx.test\r\nOriginal-Envelope-Id: e1\r\n\r\nOriginal-Recipient: rfc822; "
      "c@d.test\r\n"
      "Final-Recipient: rfc822; c@d.test\r\nAction: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; "
      "mx.d.test\r\n"
      "Diagnostic-Code: smtp; 550 5.1.1 no\r\n  such user\r\n\r\nFinal-Recipient: rfc822; "
      "e@d.test\r\n"
      "Action: delayed\r\nStatus: 4.4.7\r\nWill-Retry-Until: Mon, 1 Jan 2029 00:00:00 +0000\r\n";
  static const std::string end = "\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n"
                                 "1-begin text 1-end\r\n--b--\r\n";
  static const std::vector<std::string> all = {
      head + fields + end,
      head + fields,
      fields,
      "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\n----\r\n",
      "Subject: =?utf-8?q?x=C3=A9?= =?x-unknown?b?AAAA?=\r\nContent-Type: text/plain; charset*0=u; "
      "charset*1=tf-8\r\nContent-Transfer-Encoding: base64\r\n\r\ndGVtcGZhaWw=\r\n",
      "Content-Type: message/global-delivery-status\r\n\r\nFinal-Recipient: utf-8; \xC3\xA9@d\r\n",
      ""};
  return all;
}

const std::vector<std::string>& http_corpus() {
  static const std::vector<std::string> all = {
      "",
      R"({"scenario":"x","clock":"manual","time_scale":3.6e3,"seed":1,"tls":"starttls","auth":false,"lease":"90s"})",
      R"({"scenario":"x","tls_policy":"none","role":"one-shot","without":["dsn","mx"],"queue_lifetime":"5d"})",
      R"({"id":"1","sender":"a@b.test","recipients":["c@d.test","e@f.test"],"content":"a\nb"})",
      R"({"recipients":["c@d.test"],"parameters":["RET=FULL"]})",
      R"({"recipients":["c@d.test"],"content_base64":"YQ0KYg0K","message_id":"<1@x>"})",
      R"({"recipients":[],"hash":"0123456789abcdef","size":10})",
      R"({"handover":"1","recipient":"c@d.test","result":"permanent","code":550,"status":"5.1.1"})",
      R"({"by":"1h30m"})",
      R"({"label":"test 1"})",
      R"({"scenario":null,"state":"stopped"})",
      R"([1,-2.5e300,true,null,"\u00e9\ud83d\ude00",{"a":{"b":[]}}])",
      "v1/servers/1/tries?min=1&wait=5s&recipient=a%40b.test&sender=&since=x+y",
      "v1/servers/1/verdict?since=a&scenario=disk%2Fdisk-full&strict=true#x",
      "v1/servers/1/journal?after=18446744073709551615&&=&%zz",
      "Bearer token",
      "http://[::1]:8025",
  };
  return all;
}

const std::vector<std::string>& report_corpus() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> made = {
        "", R"({"format":"tempfail-report","format_version":2,"cases":[]})",
        R"({"format":"tempfail-report","format_version":2,"shard":{"number":1,"of":3},"cases":[)"
        R"({"scenario":"a","result":"ok","findings":[]}]})"};
    const report::RunReport whole = report::test::full_report();
    for (std::size_t i = 0; i <= whole.cases.size(); ++i) { // the whole, and each of its cases
      report::RunReport part = whole;
      if (i != 0) part.cases = {whole.cases[i - 1]};
      std::ostringstream out;
      report::write_json(part, out);
      made.push_back(out.str());
    }
    return made;
  }();
  return all;
}

std::string mutation(const std::vector<std::string>& inputs, std::uint64_t number) {
  std::mt19937_64 random(number);
  const auto below = [&random](std::size_t count) {
    return static_cast<std::size_t>(random() % count);
  };
  std::string input = inputs[below(inputs.size())];
  const std::size_t changes = 1 + below(8);
  for (std::size_t i = 0; i < changes; ++i) {
    const std::size_t at = below(input.size() + 1);
    switch (below(6)) {
    case 0:
      if (at < input.size()) input[at] = static_cast<char>(random());
      break;
    case 1:
    case 2: input.insert(at, pieces[below(pieces.size())]); break;
    case 3: input.erase(at, below(8)); break;
    case 4: input.insert(at, input.substr(below(input.size() + 1), below(40))); break;
    default: input.append(inputs[below(inputs.size())]); break;
    }
  }
  return input;
}

} // namespace tempfail::fuzz
