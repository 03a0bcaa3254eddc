# Run as a script: writes a C++ file that holds the description of the API.
# -DSOURCE=openapi.json -DOUTPUT=openapi.cpp
file(READ "${SOURCE}" text)
set(code "// Generated from openapi.json; do not edit.\n#include \"http/openapi.hpp\"\n\nnamespace tempfail::http {\n\n")
string(APPEND code "std::string_view openapi_document() {\n  return R\"tempfail(${text})tempfail\";\n}\n\n} // namespace tempfail::http\n")
file(WRITE "${OUTPUT}" "${code}")
