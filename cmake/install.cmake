# `cmake --install build --prefix DIR`: the programs as norma-<command>, the library with its
# headers, and what find_package(norma) reads.

# One executable and links to it, see commands.cmake.
list(GET commands 0 first_command)
install(PROGRAMS "$<TARGET_FILE:norma-programs>"
  DESTINATION "${CMAKE_INSTALL_BINDIR}" RENAME "norma-${first_command}")
install(CODE "
  foreach(command ${commands})
    if(NOT command STREQUAL ${first_command})
      file(CREATE_LINK norma-${first_command}
        \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/norma-\${command}\" SYMBOLIC)
    endif()
  endforeach()")

install(TARGETS norma EXPORT norma LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY core layers optim models data "${generated}/core"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/norma" FILES_MATCHING PATTERN "*.h")

set(package "${CMAKE_INSTALL_LIBDIR}/cmake/norma")
install(EXPORT norma NAMESPACE norma:: FILE norma-targets.cmake DESTINATION "${package}")
file(WRITE "${PROJECT_BINARY_DIR}/norma-config.cmake"
  "include(CMakeFindDependencyMacro)\n"
  "find_dependency(nlohmann_json)\n"
  "include(\"\${CMAKE_CURRENT_LIST_DIR}/norma-targets.cmake\")\n")
include(CMakePackageConfigHelpers)
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/norma-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(
  FILES
    "${PROJECT_BINARY_DIR}/norma-config.cmake"
    "${PROJECT_BINARY_DIR}/norma-config-version.cmake"
  DESTINATION "${package}")
