# Run as a script: writes a C++ file that holds the files of the live page.
# -DFOLDER=page -DOUTPUT=page.cpp
set(code "// Generated from simulator/http/page/; do not edit.\n#include \"http/page.hpp\"\n\n#include <array>\n\nnamespace tempfail::http {\n\n")
string(APPEND code "std::span<const PageFile> page_files() {\n  static constexpr std::array files = {\n")
foreach(entry "index.html=text/html" "style.css=text/css" "main.js=text/javascript" "api.js=text/javascript"
        "dialogue.js=text/javascript" "tries.js=text/javascript")
  string(REPLACE "=" ";" parts "${entry}")
  list(GET parts 0 name)
  list(GET parts 1 type)
  file(READ "${FOLDER}/${name}" text)
  string(APPEND code "      PageFile{\"${name}\", \"${type}; charset=utf-8\", R\"tempfail(${text})tempfail\"},\n")
endforeach()
string(APPEND code "  };\n  return files;\n}\n\n} // namespace tempfail::http\n")
file(WRITE "${OUTPUT}" "${code}")
