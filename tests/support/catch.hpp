// Catch2's macros, whichever major version is installed.
#pragma once

#ifdef TEMPFAIL_CATCH2_V2
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
#endif
