# How every target of the project is compiled: the language level, the warnings, the sanitizers,
# and the two functions with which each folder declares its target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

# A cache makes a second build cheap; its base directory lets several checkouts share it.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  foreach(language C CXX)
    set(CMAKE_${language}_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
        CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
  endforeach()
else()
  # What an assertion says of its file: relative to the build directory, as with the cache. So objects are the same wherever they are made.
  file(RELATIVE_PATH up "${PROJECT_BINARY_DIR}" "${PROJECT_SOURCE_DIR}")
  add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=${up}")
endif()

add_library(tempfail_options INTERFACE)
target_include_directories(tempfail_options INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/simulator")
target_compile_options(tempfail_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Wcast-align -Wunused -Woverloaded-virtual -Wdouble-promotion -Wformat=2 -Wimplicit-fallthrough)
# With the compilers that CI has: a later one warns of what nobody has looked at yet, and must not stop who follows the README.
set(looked_at_GNU 13)
set(looked_at_Clang 15)
if(TEMPFAIL_WARNINGS_ARE_ERRORS AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS "${looked_at_${CMAKE_CXX_COMPILER_ID}}")
  target_compile_options(tempfail_options INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # gcc 12 reports false positives of this one in the allocators of the libraries.
  target_compile_options(tempfail_options INTERFACE -Wno-mismatched-new-delete)
  if("thread" IN_LIST TEMPFAIL_SANITIZE)
    target_compile_options(tempfail_options INTERFACE -Wno-tsan)
  endif()
endif()
if(TEMPFAIL_SANITIZE)
  list(JOIN TEMPFAIL_SANITIZE "," sanitizers)
  add_compile_options(-fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${sanitizers})
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # clang 14 has no type information for functions that come from C libraries.
    add_compile_options(-fno-sanitize=function)
  endif()
endif()

if(TEMPFAIL_FUZZ)
  # All of it tells the fuzzer where it went, or the fuzzer would be blind.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# What a program that reads the network's bytes is built with: every kind of build, the packages' too.
# The checks of FORTIFY need an optimiser; sanitizers bring their own.
add_compile_options(-fPIE -fstack-protector-strong)
if(NOT TEMPFAIL_STATIC) # cmake/Static.cmake says how these are linked
  add_link_options(-pie)
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|i[3-6]86)$")
  add_compile_options(-fcf-protection)
endif()
add_link_options(LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack)
if(NOT TEMPFAIL_SANITIZE)
  foreach(type RELEASE RELWITHDEBINFO MINSIZEREL)
    string(APPEND CMAKE_CXX_FLAGS_${type} " -D_FORTIFY_SOURCE=2")
  endforeach()
endif()

# tempfail_compiled(VARIABLE NAME FILE…): what is compiled for these files of a folder. With TEMPFAIL_UNITY: a dozen at a time. They are included
# by their paths in the project, which CMake's own unity build does not do: objects are the same wherever they are made, and a cache knows them.
function(tempfail_compiled variable name)
  if(NOT TEMPFAIL_UNITY)
    set(${variable} ${ARGN} PARENT_SCOPE)
    return()
  endif()
  file(RELATIVE_PATH folder "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  set(own ${ARGN})
  set(made ${ARGN})
  list(FILTER own EXCLUDE REGEX "^/")
  list(FILTER made INCLUDE REGEX "^/")
  list(LENGTH own count)
  set(dozens "")
  foreach(first RANGE 0 ${count} 12)
    if(first LESS count)
      list(SUBLIST own ${first} 12 some)
      list(TRANSFORM some REPLACE "(.+)" "#include \"${folder}/\\1\"\n")
      list(JOIN some "" content)
      set(dozen "${CMAKE_CURRENT_BINARY_DIR}/${name}_${first}.cpp")
      file(CONFIGURE OUTPUT "${dozen}" CONTENT "${content}" @ONLY)
      # Otherwise a file is warned of what another one of its dozen calls like its own.
      set_source_files_properties("${dozen}" PROPERTIES COMPILE_OPTIONS "-Wno-shadow;$<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>")
      list(APPEND dozens "${dozen}")
    endif()
  endforeach()
  set(${variable} ${dozens} ${made} PARENT_SCOPE)
endfunction()

# tempfail_library(NAME SOURCES … [ALONE …] [PUBLIC …] [PRIVATE …])
# One static library per folder; PUBLIC and PRIVATE name what it links. The link lines are the architecture. What is ALONE has options of its own and
# is never compiled with others; what the build makes is not either.
function(tempfail_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;ALONE;PUBLIC;PRIVATE" ${ARGN})
  tempfail_compiled(compiled ${name} ${arg_SOURCES})
  add_library(tempfail_${name} STATIC ${compiled} ${arg_ALONE})
  target_link_libraries(tempfail_${name} PUBLIC ${arg_PUBLIC} PRIVATE tempfail_options ${arg_PRIVATE})
  target_include_directories(tempfail_${name} PUBLIC "${PROJECT_SOURCE_DIR}/simulator")
endfunction()

# tempfail_writes(PROGRAM FILE ARGUMENT…): FILE has what the program prints for these arguments. It is written with each link of the program, so that
# whoever builds one program alone can install it: the manual pages and completions are files like this.
function(tempfail_writes program file)
  get_filename_component(folder "${file}" DIRECTORY)
  file(MAKE_DIRECTORY "${folder}")
  add_custom_command(TARGET ${program} POST_BUILD VERBATIM BYPRODUCTS "${file}" COMMAND ${program} ${ARGN} > "${file}")
endfunction()
