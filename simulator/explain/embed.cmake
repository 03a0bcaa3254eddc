# Run as a script: writes a C++ file that holds codes.yaml.
# -DSOURCE=codes.yaml -DOUTPUT=embedded_codes.cpp
file(READ "${SOURCE}" text)
string(FIND "${text}" ")tempfail\"" clash)
if(NOT clash EQUAL -1)
  message(FATAL_ERROR "${SOURCE} holds the delimiter of the generated code")
endif()
set(code "// Generated from codes.yaml; do not edit.\n#include \"explain/codes.hpp\"\n\nnamespace tempfail::explain {\n\n")
string(APPEND code "std::string_view embedded_codes() {\n  return R\"tempfail(${text})tempfail\";\n}\n\n} // namespace tempfail::explain\n")
file(WRITE "${OUTPUT}" "${code}")
