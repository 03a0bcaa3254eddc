// How wide the terminal is.
#pragma once

namespace tempfail::client {

/// Columns of the terminal behind this descriptor; `otherwise` where it is none, or does not say.
unsigned terminal_width(int descriptor, unsigned otherwise);

} // namespace tempfail::client
