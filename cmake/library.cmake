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

# add_folder(NAME FOLDER LIBRARY...): all sources below FOLDER as the OBJECT library NAME, if any.
function(add_folder name folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.cpp")
  if(NOT sources)
    return()
  endif()
  # Reading configs and files is no hot loop, and optimizing it hard takes most of a build's time.
  foreach(source ${sources})
    if(source MATCHES "/core/(config|io)/|/apps/|/data/")
      set_source_files_properties("${source}" PROPERTIES
        COMPILE_OPTIONS "$<$<CONFIG:Release>:-O1>")
    endif()
  endforeach()
  add_library(${name} OBJECT ${sources})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}" "${generated}")
  target_link_libraries(${name} PRIVATE
    nlohmann_json::nlohmann_json spdlog::spdlog OpenMP::OpenMP_CXX Threads::Threads ${ARGN})
endfunction()

add_folder(core core OneDNN::dnnl ZLIB::ZLIB OpenSSL::Crypto)
add_folder(layers layers)
add_folder(optim optim)
add_folder(models models)
add_folder(data data ZLIB::ZLIB)

foreach(folder core layers optim models data)
  if(TARGET ${folder})
    target_sources(norma PRIVATE $<TARGET_OBJECTS:${folder}>)
  endif()
endforeach()
