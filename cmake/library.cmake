# The library: one OBJECT library a folder, all of them linked into libnorma.so. Objects rather than
# archives, because a linker drops archive members that nobody names, and a norm is known only by
# registering itself.

add_library(norma SHARED "${generated}/version.cpp")
add_library(norma::norma ALIAS norma)
target_include_directories(norma PUBLIC
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR};${generated}>"
  "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/norma>")
target_compile_features(norma PUBLIC cxx_std_20)
target_link_libraries(norma
  PUBLIC nlohmann_json::nlohmann_json
  PRIVATE OneDNN::dnnl OpenMP::OpenMP_CXX Threads::Threads ZLIB::ZLIB OpenSSL::Crypto
    spdlog::spdlog)
# The library calls its own functions directly: faster, and a program built with other flags cannot
# slip its copies of inline functions in.
target_link_options(norma PRIVATE "LINKER:--no-undefined" "LINKER:-Bsymbolic-functions")
set_target_properties(norma PROPERTIES
  VERSION "${PROJECT_VERSION}" SOVERSION "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")

# Headers that half of all sources read, and whose parsing takes most of a build's time. Standard
# ones alone: the project's own would rebuild a whole folder with every change. Targets with the same
# flags share one parsed copy.
set(standard_headers <algorithm> <array> <cmath> <deque> <functional> <limits> <map> <memory>
  <optional> <span> <sstream> <string> <string_view> <tuple> <utility> <variant> <vector>)
function(share_headers target kind) # share_headers(TARGET KIND HEADER...)
  get_property(owner GLOBAL PROPERTY headers_of_${kind})
  if(owner)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  else()
    set_property(GLOBAL PROPERTY headers_of_${kind} ${target})
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# In the presets for use (CMAKE_UNITY_BUILD), several sources of a folder are compiled as one: what
# they include and instantiate alike is then parsed and compiled once, which halves a build. What a
# file keeps to itself therefore has a name of its own within its folder.

# add_folder(NAME FOLDER KIND LIBRARY...): all sources below FOLDER, but for those of folders added
# before, as the OBJECT library NAME, if any. KIND is what they do:
#   cold       configs and files, models put together: no hot loop, so optimizing hard gains nothing
#   layers     what is built of tensors
#   kernels    loops, which read next to no headers: together they would gain nothing
function(add_folder name folder kind)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.cpp")
  foreach(inner ${added_folders})
    list(FILTER sources EXCLUDE REGEX "^${PROJECT_SOURCE_DIR}/${inner}/")
  endforeach()
  set(added_folders ${added_folders} ${folder} PARENT_SCOPE)
  list(FILTER sources EXCLUDE REGEX "/main[.]cpp$")  # of a program, which has them all
  if(NOT sources)
    return()
  endif()
  add_library(${name} OBJECT ${sources})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}" "${generated}")
  target_link_libraries(${name} PRIVATE
    nlohmann_json::nlohmann_json spdlog::spdlog OpenMP::OpenMP_CXX Threads::Threads ${ARGN})
  if(kind STREQUAL cold)
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
    share_headers(${name} cold ${standard_headers} <nlohmann/json.hpp>)
  elseif(kind STREQUAL layers)
    share_headers(${name} layers ${standard_headers})
  else()
    set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
  endif()
endfunction()

add_folder(config core/config cold)
add_folder(io core/io cold ZLIB::ZLIB OpenSSL::Crypto Boost::headers)
add_folder(core core kernels OneDNN::dnnl Eigen3::Eigen)
add_folder(layers layers layers)
add_folder(optim optim layers)
add_folder(models models cold)
add_folder(data data cold ZLIB::ZLIB)

foreach(folder config io core layers optim models data)
  if(TARGET ${folder})
    target_sources(norma PRIVATE $<TARGET_OBJECTS:${folder}>)
  endif()
endforeach()
