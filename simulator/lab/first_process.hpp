// Process 1 of the sender's side: it makes the sender's view of files, processes and host name, takes in whoever has
// lost its parent, and takes everything with it when it ends. It ends with the process that made it, however that ends.
#pragma once

#include "lab/files.hpp"
#include "lab/namespaces.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace tempfail::lab {

class FirstProcess {
 public:
  /// Starts it in the network namespace `network_namespace`; when this returns, the sender's side is complete.
  /// Throws Unavailable.
  FirstProcess(int network_namespace, const std::string& host_name,
               const std::vector<Overlay>& overlays);
  /// Ends it, and with it (SIGKILL) all that runs on the sender's side. Our own children in there must have been
  /// waited for.
  ~FirstProcess();
  FirstProcess(const FirstProcess&) = delete;
  FirstProcess& operator=(const FirstProcess&) = delete;

  pid_t pid() const { return pid_; }

 private:
  void wait_until_made(int status);

  pid_t pid_ = 0;
  Descriptor lifeline_; ///< it reads the other end, and ends when nobody can write any more
};

} // namespace tempfail::lab
