# The programs: every apps/<command>/ with a main.cpp becomes build/bin/<command>, installed as
# norma-<command>. apps/common and apps/trainer hold what several of them share.

add_folder(common apps/common reading CLI11::CLI11)
add_folder(trainer apps/trainer reading CLI11::CLI11)

add_library(apps_shared INTERFACE)
target_link_libraries(apps_shared INTERFACE
  norma OpenMP::OpenMP_CXX Threads::Threads ZLIB::ZLIB spdlog::spdlog CLI11::CLI11)
foreach(folder common trainer)
  if(TARGET ${folder})
    target_sources(apps_shared INTERFACE $<TARGET_OBJECTS:${folder}>)
  endif()
endforeach()

set(commands "")
set(headers_of "")
file(GLOB mains CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/apps/*/main.cpp")
foreach(main ${mains})
  get_filename_component(folder "${main}" DIRECTORY)
  get_filename_component(command "${folder}" NAME)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${folder}/*.cpp")
  add_executable(norma-${command} ${sources})
  set_target_properties(norma-${command} PROPERTIES OUTPUT_NAME ${command})
  target_link_libraries(norma-${command} PRIVATE apps_shared)
  if(NOT command STREQUAL bench)  # which has loops of its own, of memory alone
    target_compile_options(norma-${command} PRIVATE $<$<CONFIG:Release>:-O1>)
    # Alike in flags, they share what takes longest to parse.
    if(headers_of)
      target_precompile_headers(norma-${command} REUSE_FROM ${headers_of})
    else()
      set(headers_of norma-${command})
      target_precompile_headers(${headers_of} PRIVATE
        <CLI/CLI.hpp> <nlohmann/json.hpp> <algorithm> <functional> <map> <string> <vector>)
    endif()
  endif()
  include("${folder}/embed.cmake" OPTIONAL)  # files that become part of the program
  list(APPEND commands ${command})
endforeach()
