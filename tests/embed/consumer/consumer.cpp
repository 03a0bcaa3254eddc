// Two tests by GoogleTest; the second fails, and has to say why.
#include <gtest/gtest.h>

#include <tempfail/gtest.hpp>

TEST(Consumer, ServersHavePortsOfTheirOwn) {
  const tempfail::Server one{"greylisted"};
  const tempfail::Server other{"greylisted"};
  EXPECT_NE(one.port(), other.port());
  EXPECT_THROW(tempfail::Server{"disk-ful"}, tempfail::Error);
}

TEST(Consumer, NobodyCame) {
  const tempfail::Server server{"disk-full"};
  const tempfail::ShowIfFailed shown{server};
  EXPECT_TRUE(tempfail::passed(server));
}
