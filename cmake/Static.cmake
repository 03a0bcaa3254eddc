# Programs that need nothing of the machine they run on (TEMPFAIL_STATIC): every library as an archive, those that pkg-config
# knows with all that they need in their turn. Their objects are those of an ordinary build; only the link differs.
add_subdirectory("${PROJECT_SOURCE_DIR}/packaging/static")

foreach(library GMIME LDNS CARES IDN2 HIREDIS)
  set(rest ${${library}_STATIC_LIBRARIES})
  # libmount is not to be had as an archive; what it is asked for stands in packaging/static.
  if("mount" IN_LIST rest)
    list(TRANSFORM rest REPLACE "^mount$" tempfail_no_mounts)
    list(REMOVE_ITEM rest blkid)
  endif()
  # What an object of GLib needs of GnuPG's libraries, they need of each other.
  if("gpgme" IN_LIST rest)
    list(APPEND rest assuan gpg-error unistring)
  endif()
  target_link_libraries(PkgConfig::${library} INTERFACE ${rest})
endforeach()

# CMake's files of yaml-cpp know the shared library alone.
find_library(TEMPFAIL_YAML_ARCHIVE yaml-cpp REQUIRED)
set(TEMPFAIL_YAML "${TEMPFAIL_YAML_ARCHIVE}")

add_link_options(-static-pie)
# What of which archive was taken: packaging/components.py makes the lists of licences and components of it.
add_link_options("LINKER:-Map=bin/$<TARGET_PROPERTY:NAME>.map")
