# The programs: every apps/<command>/ with a main.cpp becomes build/bin/<command>, installed as
# norma-<command>. The other folders of apps/ hold what several of them share.

include(embed)

set(shared_folders
  common trainer landscape gauges statistics evaluations study pages classroom)
foreach(folder ${shared_folders})
  add_folder(${folder} apps/${folder} cold CLI11::CLI11 Boost::headers)
  if(TARGET ${folder})
    include("${PROJECT_SOURCE_DIR}/apps/${folder}/embed.cmake" OPTIONAL)  # files that become part of it
  endif()
endforeach()
target_link_libraries(landscape PRIVATE Spectra::Spectra)

add_library(apps_shared INTERFACE)
target_link_libraries(apps_shared INTERFACE
  norma OpenMP::OpenMP_CXX Threads::Threads ZLIB::ZLIB spdlog::spdlog CLI11::CLI11)
foreach(folder ${shared_folders})
  if(TARGET ${folder})
    target_sources(apps_shared INTERFACE $<TARGET_OBJECTS:${folder}>)
  endif()
endforeach()

set(commands "")
file(GLOB mains CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/apps/*/main.cpp")
foreach(main ${mains})
  get_filename_component(folder "${main}" DIRECTORY)
  get_filename_component(command "${folder}" NAME)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${folder}/*.cpp")
  add_executable(norma-${command} ${sources})
  set_target_properties(norma-${command} PROPERTIES OUTPUT_NAME ${command})
  target_link_libraries(norma-${command} PRIVATE apps_shared)
  target_compile_options(norma-${command} PRIVATE $<$<CONFIG:Release>:-O1>)
  share_headers(norma-${command} programs ${standard_headers} <nlohmann/json.hpp>)
  include("${folder}/embed.cmake" OPTIONAL)
  list(APPEND commands ${command})
endforeach()

set(targets ${commands})
list(TRANSFORM targets PREPEND norma-)
add_custom_target(programs DEPENDS norma ${targets})  # all but the tests
