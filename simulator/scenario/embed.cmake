# Run as a script: writes a C++ file that holds the catalogue.
# -DSOURCE=scenarios/ -DFILES=a.yaml;b.yaml -DOUTPUT=embedded.cpp
set(code "// Generated from scenarios/; do not edit.\n#include \"scenario/embedded.hpp\"\n#include \"scenario/loader.hpp\"\n\n")
string(APPEND code "namespace tempfail::scenario {\nnamespace {\n\n")

# A raw string literal holds a file as it is; the delimiter must not occur in it.
function(literal path result)
  file(READ "${path}" text)
  string(FIND "${text}" ")tempfail\"" clash)
  if(NOT clash EQUAL -1)
    message(FATAL_ERROR "${path} holds the delimiter of the generated code")
  endif()
  set(${result} "R\"tempfail(${text})tempfail\"" PARENT_SCOPE)
endfunction()

string(APPEND code "constexpr EmbeddedFile files[] = {\n")
foreach(file IN LISTS FILES)
  literal("${SOURCE}/${file}" text)
  string(APPEND code "    {\"${file}\", ${text}},\n")
endforeach()
literal("${SOURCE}/families.yaml" families)
literal("${SOURCE}/schema.json" schema)
string(APPEND code "};\n\nconstexpr std::string_view families_text = ${families};\n\n")
string(APPEND code "constexpr std::string_view schema_text = ${schema};\n\n} // namespace\n\n")
string(APPEND code "std::span<const EmbeddedFile> embedded_files() { return files; }\n")
string(APPEND code "std::string_view embedded_families() { return families_text; }\n")
string(APPEND code "std::string_view embedded_schema() { return schema_text; }\n\n")
string(APPEND code "} // namespace tempfail::scenario\n")

file(WRITE "${OUTPUT}" "${code}")
