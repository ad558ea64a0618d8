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
# ones alone: the project's own would rebuild a whole folder with every change.
set(standard_headers <algorithm> <array> <cmath> <deque> <functional> <limits> <map> <memory>
  <optional> <span> <sstream> <string> <string_view> <tuple> <utility> <variant> <vector>)

# add_folder(NAME FOLDER KIND LIBRARY...): all sources below FOLDER, but for those of folders added
# before, as the OBJECT library NAME, if any. KIND is what they do:
#   reading    configs and files, which is no hot loop: optimizing it hard takes time and gains none
#   layers     what is built of tensors
#   kernels    loops, which read next to no headers
function(add_folder name folder kind)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.cpp")
  foreach(inner ${added_folders})
    list(FILTER sources EXCLUDE REGEX "^${PROJECT_SOURCE_DIR}/${inner}/")
  endforeach()
  set(added_folders ${added_folders} ${folder} PARENT_SCOPE)
  if(NOT sources)
    return()
  endif()
  add_library(${name} OBJECT ${sources})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}" "${generated}")
  target_link_libraries(${name} PRIVATE
    nlohmann_json::nlohmann_json spdlog::spdlog OpenMP::OpenMP_CXX Threads::Threads ${ARGN})
  if(kind STREQUAL reading)
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
    target_precompile_headers(${name} PRIVATE ${standard_headers} <nlohmann/json.hpp>)
  elseif(kind STREQUAL layers)
    target_precompile_headers(${name} PRIVATE ${standard_headers})
  endif()
endfunction()

add_folder(config core/config reading)
add_folder(io core/io reading ZLIB::ZLIB OpenSSL::Crypto)
add_folder(core core kernels OneDNN::dnnl)
add_folder(layers layers layers)
add_folder(optim optim layers)
add_folder(models models layers)
add_folder(data data reading ZLIB::ZLIB)

foreach(folder config io core layers optim models data)
  if(TARGET ${folder})
    target_sources(norma PRIVATE $<TARGET_OBJECTS:${folder}>)
  endif()
endforeach()
