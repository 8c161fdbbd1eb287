# What CMakeLists.txt installs: the same files as Meson, but for the program dgram-check, which is built with the examples.
include(GNUInstallDirs)
set(headers_dir ${CMAKE_INSTALL_INCLUDEDIR}/dgram)

install(TARGETS dgram)

# --- headers ----------------------------------------------------------------------------------------------------------

list(JOIN all_modules "|" names)
file(GLOB core_headers CONFIGURE_DEPENDS include/dgram/*.hpp)
list(FILTER core_headers EXCLUDE REGEX "/(src|${names})\\.hpp$")
install(FILES ${core_headers} DESTINATION ${headers_dir})
install(DIRECTORY include/dgram/detail include/dgram/impl DESTINATION ${headers_dir} FILES_MATCHING PATTERN "*.hpp")
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/include/dgram/detail/built_with.hpp" DESTINATION ${headers_dir}/detail)
foreach(module IN LISTS modules)
  if(NOT module STREQUAL "core")
    install(FILES include/dgram/${module}.hpp DESTINATION ${headers_dir})
    install(DIRECTORY include/dgram/${module} DESTINATION ${headers_dir})
  endif()
endforeach()
# In the source tree <dgram/src.hpp> reaches out to lib/; an installed one has the sources below itself.
install(FILES include/src_installed.hpp DESTINATION ${headers_dir} RENAME src.hpp)
install(DIRECTORY lib/ DESTINATION ${headers_dir}/lib PATTERN meson.build EXCLUDE)

# --- the CMake package ------------------------------------------------------------------------------------------------
# Names in capitals are those of the templates.

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/dgram)
set(VERSION ${PROJECT_VERSION})
set(MODULES "${modules}")
set(ALL_MODULES "${all_modules}")
set(DEFINITIONS "${definitions}")
string(REGEX REPLACE "[^/]+" ".." PREFIX "${package_dir}")
set(LIBRARY ${CMAKE_INSTALL_LIBDIR}/${CMAKE_${kind}_LIBRARY_PREFIX}dgram${CMAKE_${kind}_LIBRARY_SUFFIX})
set(INCLUDEDIR ${CMAKE_INSTALL_INCLUDEDIR})
foreach(file dgramConfig.cmake dgramConfigVersion.cmake)
  configure_file(cmake/${file}.in ${file} @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/${file}" DESTINATION ${package_dir})
endforeach()

# --- pkg-config's files -----------------------------------------------------------------------------------------------
# A module that is not there has no file, and pkg-config says its name.

set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
set(LIBDIR ${CMAKE_INSTALL_LIBDIR})
string(REGEX REPLACE "[^/]+" ".." PREFIX "${pc_dir}")
list(TRANSFORM definitions PREPEND "-D" OUTPUT_VARIABLE CFLAGS)
list(JOIN CFLAGS " " CFLAGS)
list(JOIN modules " " MODULES)
# An Asio that was found as a bare header is found as one by the user of dgram.pc, too.
set(REQUIRES "")
if(DGRAM_PC_ASIO_INCLUDE_DIRS AND ASIO_INCLUDE_DIR IN_LIST DGRAM_PC_ASIO_INCLUDE_DIRS)
  set(REQUIRES "asio >= ${asio_floor}")
endif()
configure_file(cmake/dgram.pc.in dgram.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/dgram.pc" DESTINATION ${pc_dir})
foreach(MODULE IN LISTS modules)
  configure_file(cmake/dgram-module.pc.in dgram-${MODULE}.pc @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/dgram-${MODULE}.pc" DESTINATION ${pc_dir})
endforeach()
