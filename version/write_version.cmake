# Writes FILE from version.cpp.in; leaves it alone where it would be the same, so that nothing is compiled again.
# Whose word on the commit counts: COMMIT (cache variable TEMPFAIL_COMMIT), git where SOURCE is a checkout,
# commit.txt, which `git archive` fills in.
#
#   cmake -DSOURCE=DIR -DFILE=PATH -DNUMBER=0.2.0 -DBUILD=Release [-DCOMMIT=HASH] -P write_version.cmake
set(TEMPFAIL_NUMBER "${NUMBER}")
set(TEMPFAIL_BUILD "${BUILD}")
set(TEMPFAIL_COMMIT "${COMMIT}")

if(NOT TEMPFAIL_COMMIT AND EXISTS "${SOURCE}/.git")
  find_program(GIT_PROGRAM git)
  if(GIT_PROGRAM)
    execute_process(COMMAND ${GIT_PROGRAM} rev-parse --short=12 HEAD WORKING_DIRECTORY "${SOURCE}"
      OUTPUT_VARIABLE TEMPFAIL_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    execute_process(COMMAND ${GIT_PROGRAM} --no-optional-locks status --porcelain --untracked-files=no
      WORKING_DIRECTORY "${SOURCE}" OUTPUT_VARIABLE changes ERROR_QUIET)
    if(TEMPFAIL_COMMIT AND changes)
      string(APPEND TEMPFAIL_COMMIT " with changes")
    endif()
  endif()
endif()
if(NOT TEMPFAIL_COMMIT)
  file(READ "${CMAKE_CURRENT_LIST_DIR}/commit.txt" archived)
  if(archived MATCHES "^([0-9a-f]+)\n$")
    string(SUBSTRING "${CMAKE_MATCH_1}" 0 12 TEMPFAIL_COMMIT)
  endif()
endif()
if(NOT TEMPFAIL_COMMIT)
  set(TEMPFAIL_COMMIT unknown)
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/version.cpp.in" "${FILE}" @ONLY)
