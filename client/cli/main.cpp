// tempfail-send: a queueing SMTP sender.
#include "client/cli/program.hpp"

int main(int argc, char** argv) {
  return tempfail::client::run_program(argc, argv);
}
