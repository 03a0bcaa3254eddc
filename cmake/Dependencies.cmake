# The libraries the project stands on, all packaged by Debian 12 (see scripts/install-deps).
if(TEMPFAIL_STATIC)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
  set(OPENSSL_USE_STATIC_LIBS ON)
endif()
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(LDNS REQUIRED IMPORTED_TARGET ldns)
pkg_check_modules(IDN2 REQUIRED IMPORTED_TARGET libidn2)
pkg_check_modules(GMIME REQUIRED IMPORTED_TARGET gmime-3.0)

# Third-party headers are system headers: their warnings are not ours.
add_library(tempfail_asio INTERFACE)
target_include_directories(tempfail_asio SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})
target_compile_definitions(tempfail_asio INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_VISIBILITY=1)
target_link_libraries(tempfail_asio INTERFACE Threads::Threads)

# yaml-cpp 0.7 exports `yaml-cpp`, later releases `yaml-cpp::yaml-cpp`.
if(TARGET yaml-cpp::yaml-cpp)
  set(TEMPFAIL_YAML yaml-cpp::yaml-cpp)
else()
  set(TEMPFAIL_YAML yaml-cpp)
endif()

if(TEMPFAIL_STATIC)
  include(cmake/Static.cmake)
endif()
