// AUTH's mechanisms against published examples, and the choice among them.
#include "client/protocol/sasl.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;

TEST_CASE("plain_and_login_say_user_and_password") {
  const Credentials credentials = {.user = "tim", .password = "tanstaaftanstaaf"};
  CHECK(make_plain(credentials)->initial() == std::string("\0tim\0tanstaaftanstaaf", 21));
  const auto login = make_login(credentials);
  CHECK_FALSE(login->initial());
  CHECK(login->answer("Username:") == "tim");
  CHECK(login->answer("Password:") == "tanstaaftanstaaf");
  CHECK_FALSE(login->answer("More:"));
}

TEST_CASE("scram_sha_256_as_in_rfc_7677") {
  const auto scram =
      make_scram_sha_256({.user = "user", .password = "pencil"}, "rOprNGfwEbeRWgbNEkqO");
  CHECK(scram->initial() == "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  CHECK(scram->answer("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s="
                      "W22ZaJ0SNY7soEsUEjb6gQ==,i=4096") ==
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  CHECK_FALSE(scram->complete());
  CHECK(scram->answer("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=") == "");
  CHECK(scram->complete());
}

TEST_CASE("scram_refuses_a_server_that_cheats") {
  const Credentials credentials = {.user = "user", .password = "pencil"};
  for (const char* first :
       {"r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "r=nonce,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        "r=nonceX,s=,i=4096", "r=nonceX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=0",
        "r=nonceX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=999999999", ""}) {
    INFO(first);
    CHECK_FALSE(make_scram_sha_256(credentials, "nonce")->answer(first));
  }
  const auto scram = make_scram_sha_256(credentials, "nonce");
  REQUIRE(scram->answer("r=nonceX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1"));
  CHECK_FALSE(scram->answer("v=AAAA"));
  CHECK_FALSE(scram->complete());
}

TEST_CASE("the_password_crosses_in_clear_only_where_it_may") {
  Capabilities offered;
  offered.auth = {"LOGIN", "PLAIN", "SCRAM-SHA-256"};
  SessionSettings settings = {.credentials = {.user = "u", .password = "p"}, .nonce = "n"};
  CHECK(choose_mechanism(offered, settings, false, {})->name() == "SCRAM-SHA-256");
  CHECK(choose_mechanism(offered, settings, false, {"SCRAM-SHA-256"}) == nullptr);
  CHECK(choose_mechanism(offered, settings, true, {"SCRAM-SHA-256"})->name() == "PLAIN");
  CHECK(choose_mechanism(offered, settings, true, {"SCRAM-SHA-256", "PLAIN"})->name() == "LOGIN");
  settings.nonce.clear();
  CHECK(choose_mechanism(offered, settings, false, {}) == nullptr);
  settings.credentials.allow_clear_text = true;
  CHECK(choose_mechanism(offered, settings, false, {})->name() == "PLAIN");
}
