// Accepted messages are kept up to a limit, the latest of them.
#include "control/kept_messages.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using control::KeptMessages;

namespace {

session::AcceptedMail mail(std::uint64_t session, std::size_t size) {
  session::AcceptedMail made;
  made.session = session;
  made.transaction = 1;
  made.sender = "a@a.test";
  made.recipients = {"b@b.test"};
  made.content = std::string(size, 'x');
  return made;
}

} // namespace

TEST_CASE("kept messages: each has an id and is found by it") {
  const control::Limits limits;
  KeptMessages kept(limits);
  kept.add(mail(3, 10), Moment(5), 7, 9);
  const control::KeptMessagePtr found = kept.find("3-1");
  REQUIRE(found);
  CHECK(found->view.size == 10);
  CHECK(found->view.accepted == Moment(5));
  CHECK(found->view.unix_us == 7);
  CHECK(found->view.position == 9);
  CHECK_FALSE(kept.find("3-2"));
  kept.clear();
  CHECK_FALSE(kept.find("3-1"));
  CHECK(found->content.size() == 10); // whoever has it still has it
}

TEST_CASE("kept messages: the oldest make room, by number and by size") {
  control::Limits limits;
  limits.messages = 3;
  limits.contents = 100;
  KeptMessages kept(limits);
  for (std::uint64_t i = 1; i <= 4; ++i)
    kept.add(mail(i, 10), {}, 0, i);
  CHECK(kept.all().size() == 3);
  CHECK_FALSE(kept.find("1-1"));
  CHECK(kept.dropped() == 1);
  kept.add(mail(5, 85), {}, 0, 5);
  CHECK(kept.all().size() == 2);
  CHECK(kept.find("4-1"));
  kept.add(mail(6, 1000), {}, 0, 6); // larger than all the room: the last one stays
  CHECK(kept.all().size() == 1);
  CHECK(kept.find("6-1"));
  kept.add(mail(7, 10), {}, 0, 7);
  CHECK(kept.all().size() == 1);
  CHECK(kept.find("7-1"));
}
