# The programs: every apps/<command>/ with a main.cpp becomes build/bin/<command>, installed as
# norma-<command>. The other folders of apps/ hold what several of them share.
#
# They are one executable, which has a link for each program and looks at the name that it was started
# by: command lines (CLI11) are then compiled once and not for each program.

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
set(mains "")
set(parts "")
file(GLOB all_mains CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/apps/*/main.cpp")
foreach(main ${all_mains})
  get_filename_component(folder "${main}" DIRECTORY)
  get_filename_component(command "${folder}" NAME)
  list(APPEND commands ${command})
  list(APPEND mains "${main}")
  add_folder(${command}_parts apps/${command} cold CLI11::CLI11)
  if(TARGET ${command}_parts)
    list(APPEND parts $<TARGET_OBJECTS:${command}_parts>)
    include("${folder}/embed.cmake" OPTIONAL)
  endif()
endforeach()

# Objects of their own, so that they share the parsed headers of what is compiled for the library and
# are compiled beside the rest, not after it.
add_library(programs_main OBJECT "${PROJECT_SOURCE_DIR}/apps/main.cpp" ${mains})
configure_sources(programs_main cold CLI11::CLI11 ZLIB::ZLIB)

add_executable(norma-programs $<TARGET_OBJECTS:programs_main> ${parts})
set_target_properties(norma-programs PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib" LINKER_LANGUAGE CXX)
target_link_libraries(norma-programs PRIVATE apps_shared md4c::md4c-html)

# Links that are files of their own right: what runs is found under the name it was started by.
set(link_commands "")
foreach(command ${commands})
  set(link "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${command}")
  list(APPEND link_commands
    COMMAND "${CMAKE_COMMAND}" -E rm -f "${link}"
    COMMAND "${CMAKE_COMMAND}" -E create_hardlink "$<TARGET_FILE:norma-programs>" "${link}")
endforeach()
add_custom_command(TARGET norma-programs POST_BUILD
  COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}"
  ${link_commands} VERBATIM)

add_custom_target(programs DEPENDS norma norma-programs)  # all but the tests
