// The program tempfail.
#include "cli/application.hpp"

#include <csignal>

int main(int argc, char** argv) {
  // A reader that goes away (a pipe to `head`, a client) shows as an error of the write.
  std::signal(SIGPIPE, SIG_IGN);
  // So does a file that may grow no more.
  std::signal(SIGXFSZ, SIG_IGN);
  return tempfail::cli::run({argv + 1, argv + argc});
}
