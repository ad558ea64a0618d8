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

# Headers that many sources read, and whose parsing takes most of a build's time: half the time of a
# small kernel is the compiler's list of vector instructions. None of the project's own: a change would
# rebuild a whole folder, and a compiler cache hand them on to another clone, where they are not the
# same files. Targets with the same flags share one parsed copy.
set(standard_headers <algorithm> <array> <atomic> <cmath> <deque> <functional> <limits> <map> <memory>
  <optional> <span> <sstream> <string> <string_view> <tuple> <utility> <variant> <vector>)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  list(APPEND standard_headers <immintrin.h>)
endif()
set(headers_of_reading <chrono> <fstream> <mutex> <set> <nlohmann/json.hpp>)
function(share_headers target kind) # share_headers(TARGET KIND HEADER...)
  get_property(owner GLOBAL PROPERTY headers_of_${kind})
  if(owner)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  else()
    set_property(GLOBAL PROPERTY headers_of_${kind} ${target})
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# In the presets for use (CMAKE_UNITY_BUILD), 16 sources of a folder are compiled as one: what they
# include and instantiate alike is then parsed and compiled once, which halves a build. More would
# save a little more, and make every change wait for it. What a file keeps to itself therefore has a
# name of its own within its folder.

# configure_sources(TARGET KIND LIBRARY...): how the sources of an OBJECT library are compiled. KIND is
# what they do:
#   cold       configs and files, models put together: no hot loop, so optimizing hard gains nothing
#   hot        tensors and what is built of them
#   kernels    loops, which have little in common: compiled as one they would gain nothing
function(configure_sources name kind)
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}" "${generated}")
  target_link_libraries(${name} PRIVATE
    nlohmann_json::nlohmann_json spdlog::spdlog OpenMP::OpenMP_CXX Threads::Threads ${ARGN})
  if(kind STREQUAL cold)
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
    share_headers(${name} cold ${standard_headers} ${headers_of_reading})
  else()
    share_headers(${name} hot ${standard_headers})
  endif()
  set_target_properties(${name} PROPERTIES UNITY_BUILD_BATCH_SIZE 16)
  if(kind STREQUAL kernels)
    set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
  endif()
endfunction()

# add_folder(NAME FOLDER KIND LIBRARY...): all sources below FOLDER, but for those of folders added
# before, as the OBJECT library NAME, if any.
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
  configure_sources(${name} ${kind} ${ARGN})
endfunction()

add_folder(config core/config cold)
add_folder(io core/io cold ZLIB::ZLIB OpenSSL::Crypto Boost::headers)
add_folder(kernels core/kernels kernels)
add_folder(core core hot OneDNN::dnnl Eigen3::Eigen)
add_folder(layers layers hot)
add_folder(optim optim hot)
add_folder(models models cold)
add_folder(data data cold ZLIB::ZLIB)

foreach(folder config io kernels core layers optim models data)
  if(TARGET ${folder})
    target_sources(norma PRIVATE $<TARGET_OBJECTS:${folder}>)
  endif()
endforeach()
