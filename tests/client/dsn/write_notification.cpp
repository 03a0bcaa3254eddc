// Writes the example notification to standard output, for a reader of another make to read.
#include "example.hpp"

#include <iostream>

int main() {
  std::cout << tempfail::client::compose(tempfail::client::example());
}
