// The queue on disk: opened again, by several at once, locked, or no queue at all.
#include "client/queue/database.hpp"
#include "client/queue/lock.hpp"
#include "client/queue/reserve.hpp"
#include "fixture.hpp"
#include "support/catch.hpp"

#include <unistd.h>

#include <fstream>

using namespace tempfail::client;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

TEST_CASE("queue_survives_being_closed_and_opened") {
  const Folder folder;
  MessageId id = 0;
  {
    Queue queue{folder.path};
    id = queue.accept(submission({"a@x.test"}), start);
  }
  Queue queue{folder.path};
  CHECK(queue.message(id)->accepted == start);
  CHECK(*queue.content(id) == "Subject: x\r\n\r\nHello\r\n");
  CHECK((fs::status(folder.path / "queue.db").permissions() & fs::perms::group_all) ==
        fs::perms::none);
}

TEST_CASE("several_connections_see_each_others_mail") {
  const Folder folder;
  Queue runner{folder.path};
  Queue sender{folder.path};
  CHECK_FALSE(runner.changed_elsewhere());
  sender.accept(submission({"a@x.test"}), start);
  CHECK(runner.changed_elsewhere());
  CHECK_FALSE(runner.changed_elsewhere());
  CHECK(runner.due(start, 10).size() == 1);
  runner.accept(submission({"b@x.test"}), start);
  CHECK_FALSE(runner.changed_elsewhere()); // its own doing
}

TEST_CASE("lock_is_refused_while_another_has_it") {
  const Folder folder;
  std::string holder;
  auto lock = QueueLock::take(folder.path, holder);
  REQUIRE(lock);
  CHECK(QueueLock::take(folder.path, holder) == nullptr);
  CHECK(holder == "process " + std::to_string(::getpid()));
  lock.reset();
  CHECK(QueueLock::take(folder.path, holder) != nullptr);
}

TEST_CASE("something_else_is_refused_and_left_alone") {
  const Folder folder;
  {
    Database other{(folder.path / "queue.db").string()};
    other.execute("CREATE TABLE precious(x)");
  }
  CHECK_THROWS_AS(Queue{folder.path}, DatabaseError);
  Database other{(folder.path / "queue.db").string()};
  CHECK(other.query("SELECT * FROM precious").step() == false);
}

TEST_CASE("queue_of_a_later_version_is_refused") {
  const Folder folder;
  { Queue queue{folder.path}; }
  {
    Database database{(folder.path / "queue.db").string()};
    database.execute("PRAGMA user_version=99");
  }
  CHECK_THROWS_AS(Queue{folder.path}, DatabaseError);
}

TEST_CASE("queue_of_version_1_is_brought_up_to_date_with_what_is_in_it") {
  const Folder folder;
  MessageId id = 0;
  {
    Queue queue{folder.path};
    id = queue.accept(submission({"a@x.test"}), start);
  }
  {
    Database database{(folder.path / "queue.db").string()};
    database.execute("ALTER TABLE messages DROP COLUMN requiretls");
    database.execute("PRAGMA user_version=1");
  }
  Queue queue{folder.path};
  const auto message = queue.message(id);
  REQUIRE(message);
  CHECK_FALSE(message->requiretls);
  Submission given = submission({"b@x.test"});
  given.requiretls = true;
  CHECK(queue.message(queue.accept(given, start))->requiretls);
}

TEST_CASE("no_database_is_refused") {
  const Folder folder;
  std::ofstream{folder.path / "queue.db"} << std::string(5000, 'x');
  CHECK_THROWS_AS(Queue{folder.path}, DatabaseError);
}

TEST_CASE("commits_wait_for_the_disk") {
  const Folder folder;
  Queue queue{folder.path};
  const MessageId id = queue.accept(submission({"a@x.test"}), start);
  const RecipientId recipient = first_recipient(queue, id).id;
  queue.begin({&recipient, 1}); // the one step that need not
  CHECK(queue.synchronous() == 2);
}

TEST_CASE("reserve_takes_real_room_and_gives_it_back") {
  const Folder folder;
  Reserve reserve{folder.path};
  CHECK(reserve.fill());
  CHECK(fs::file_size(folder.path / "reserve") >= 1 << 20);
  reserve.release();
  CHECK_FALSE(fs::exists(folder.path / "reserve"));
  CHECK(reserve.fill()); // as another process would find it
  CHECK(Reserve{{}}.fill());
}

TEST_CASE("clock_origin_is_kept_and_goes_on") {
  const Folder folder;
  Moment shown{};
  {
    Queue queue{folder.path};
    const auto origin = clock_origin(queue, 3600);
    CHECK(origin.scale == 3600);
    shown = origin.protocol_at(origin.time_of_day + 2s);
    CHECK(shown == origin.protocol + 2h);
  }
  Queue queue{folder.path};
  const auto same = clock_origin(queue, std::nullopt);
  CHECK(same.protocol_at(same.time_of_day + 2s) == shown);
  CHECK(same.scale == 3600);
  const auto slower = clock_origin(queue, 1);
  CHECK(slower.scale == 1);
  CHECK(slower.protocol >= same.protocol);
}
