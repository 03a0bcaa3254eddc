// Sockets, in the network of this process or in that of a namespace.
#pragma once

namespace tempfail::net {

/// As socket(). `network_namespace` is a descriptor of the namespace in which it is made, for good; -1: this process's
/// own. -1 with errno when it can't be made.
int make_socket(int network_namespace, int family, int type);

} // namespace tempfail::net
