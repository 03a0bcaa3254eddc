// The main program of every Catch2 2 test.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
