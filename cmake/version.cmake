# Writes core/version.h, and version.cpp with the commit it was built from. The number stands in the
# project() line alone; version.cpp follows the commits without another configuration.

set(generated "${PROJECT_BINARY_DIR}/generated")
configure_file("${CMAKE_CURRENT_LIST_DIR}/version.h.in" "${generated}/core/version.h" @ONLY)

find_package(Git QUIET)
set(commit_log "")
if(GIT_FOUND)
  execute_process(
    COMMAND "${GIT_EXECUTABLE}" rev-parse --path-format=absolute --git-path logs/HEAD
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    OUTPUT_VARIABLE commit_log OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT EXISTS "${commit_log}")
    set(commit_log "")
  endif()
endif()

string(TOLOWER "${CMAKE_BUILD_TYPE}" build_type)
set(build "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}, ${build_type}, ${NORMA_TARGET}")
if(NORMA_SANITIZE)
  string(APPEND build ", ${NORMA_SANITIZE} sanitizer")
endif()

add_custom_command(
  OUTPUT "${generated}/version.cpp"
  COMMAND "${CMAKE_COMMAND}"
    "-DGIT=${GIT_EXECUTABLE}" "-DSOURCE=${PROJECT_SOURCE_DIR}" "-DBUILD=${build}"
    "-DVERSION=${PROJECT_VERSION}" "-DOUT=${generated}/version.cpp"
    -P "${CMAKE_CURRENT_LIST_DIR}/write_version.cmake"
  DEPENDS "${CMAKE_CURRENT_LIST_DIR}/write_version.cmake" ${commit_log}
  COMMENT "Noting the commit"
  VERBATIM)
