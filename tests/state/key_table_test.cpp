// The bounded table.
#include "state/key_table.hpp"
#include "support/catch.hpp"

using tempfail::state::KeyTable;

TEST_CASE("a key keeps its value while there is room", "[key_table]") {
  KeyTable<int> table(2);
  CHECK(table.touch("a").is_new);
  table.touch("a").value = 7;
  table.touch("b").value = 8;
  CHECK(table.touch("a").value == 7);
  CHECK_FALSE(table.touch("b").is_new);
  CHECK(table.size() == 2);
}

TEST_CASE("the key unused for longest gives way", "[key_table]") {
  KeyTable<int> table(2);
  table.touch("a").value = 1;
  table.touch("b").value = 2;
  table.touch("a");
  table.touch("c").value = 3;
  CHECK(table.size() == 2);
  CHECK(table.touch("a").value == 1);
  CHECK(table.touch("b").is_new);
}
