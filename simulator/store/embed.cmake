# Run as a script: writes a C++ file that holds the functions of the store, each after what all of them begin with.
# -DFOLDER=functions -DNAMES=a;b -DOUTPUT=embedded_functions.cpp
set(code "// Generated from simulator/store/functions/; do not edit.\n#include \"store/functions.hpp\"\n\nnamespace tempfail::store {\n\n")
string(APPEND code "std::string function_text(Function function) {\n  static constexpr std::string_view common = R\"tempfail(")
file(READ "${FOLDER}/common.lua" text)
string(APPEND code "${text})tempfail\";\n  std::string text(common);\n  switch (function) {\n")
string(REPLACE "," ";" NAMES "${NAMES}")
foreach(name ${NAMES})
  file(READ "${FOLDER}/${name}.lua" text)
  string(APPEND code "  case Function::${name}: return text += R\"tempfail(${text})tempfail\";\n")
endforeach()
string(APPEND code "  }\n  return text;\n}\n\n} // namespace tempfail::store\n")
file(WRITE "${OUTPUT}" "${code}")
