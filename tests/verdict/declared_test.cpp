// What a sender declared that it does not do is not asked of it, where the scenario is about that.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

std::string declared(const scenario::Scenario& scenario, std::string_view tls_policy,
                     std::string_view without = {}) {
  journal::event::Run run;
  run.tls_policy = tls_policy;
  run.without = without;
  Conversation talk;
  talk.run(run).session(1, 0s).ehlo().deliver();
  return judge(scenario, talk.journal()).not_applicable;
}

scenario::Scenario with_rule(Stage stage) {
  scenario::Scenario scenario = test::expecting({});
  scenario.server.rules.emplace_back();
  scenario.server.rules.back().stages = {Stage::noop, stage};
  return scenario;
}

constexpr const char* no_tls = "the sender does not use TLS (--tls-policy none)";

} // namespace

TEST_CASE("declared_no_tls_where_what_fails_is_tls") {
  scenario::Scenario certificate = test::expecting({});
  certificate.server.tls_profile.certificate = scenario::CertificateProblem::expired;
  for (const scenario::Scenario& scenario :
       {with_rule(Stage::starttls), with_rule(Stage::handshake), certificate,
        test::expecting({test::must("uses-tls")})}) {
    CHECK(declared(scenario, "none") == no_tls);
    CHECK(declared(scenario, "opportunistic").empty());
    CHECK(declared(scenario, "").empty());
  }
  for (const scenario::Scenario& scenario :
       {with_rule(Stage::mail), test::expecting({test::must("retry")})})
    CHECK(declared(scenario, "none").empty());
  // A journal without a beginning declares nothing.
  Conversation talk;
  talk.session(1, 0s).ehlo().deliver();
  CHECK(judge(certificate, talk.journal()).not_applicable.empty());
}

TEST_CASE("declared_no_login_where_one_is_required") {
  scenario::Scenario logs_in = test::expecting({});
  logs_in.server.auth.emplace();
  logs_in.server.auth->required = true;
  CHECK(declared(logs_in, "", "dsn auth") == "the sender does not log in (--without auth)");
  CHECK(declared(logs_in, "", "dsn").empty());
  logs_in.server.auth->required = false;
  CHECK(declared(logs_in, "", "auth").empty());
  CHECK(declared(test::expecting({}), "", "auth").empty());
}

TEST_CASE("declared_no_smtputf8_where_a_recipient_s_domain_has_a_u_label") {
  scenario::Scenario scenario = test::expecting({});
  scenario.names.emplace();
  scenario.names->domains = {"xn--bcher-kva.test"};
  scenario.names->written = {"b\xc3\xbc"
                             "cher.test"};
  CHECK(declared(scenario, "", "smtputf8") ==
        "the sender does not use SMTPUTF8 (--without smtputf8)");
  CHECK(declared(scenario, "", "dsn").empty());
  scenario.names->written = scenario.names->domains;
  CHECK(declared(scenario, "", "smtputf8").empty());
}
