// CLI11 behind one door: a system header (its warnings are not ours), and how our options are
// added.
#pragma once

#pragma GCC system_header

#include <CLI/App.hpp>
#include <CLI/CLI.hpp>
