# How every source file is compiled.

set(NORMA_TARGET "native" CACHE STRING "CPU to compile for: what -march= takes")
set(NORMA_SANITIZE "" CACHE STRING "Sanitizers to build with: what -fsanitize= takes")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g -D_GLIBCXX_ASSERTIONS")
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_LINK_DEPENDS_NO_SHARED ON)  # a changed body in the library relinks no program

add_compile_options(-Wall -Wextra)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION MATCHES "^12[.]")
  add_compile_options(-Wno-restrict)  # GCC bug 105651: false alarms on "text" + std::string
endif()
# Not -ffast-math: it would let the compiler assume that no value is infinite or NaN, and remove
# the checks that name the first module where one appears.
add_compile_options(-fno-math-errno -fno-trapping-math)
# Conversions and comparisons of JSON that nothing here uses, and that take a tenth of the time in
# which what reads JSON is compiled.
add_compile_definitions(JSON_HAS_THREE_WAY_COMPARISON=0 JSON_HAS_RANGES=0 JSON_HAS_FILESYSTEM=0
  JSON_HAS_EXPERIMENTAL_FILESYSTEM=0)
# For all, because Eigen's functions must be the same in every file that the linker takes one from: by
# one thread, so that bits do not depend on their number, and without vectors, because nothing hot is
# computed with it (a sixth less to compile).
add_compile_definitions(EIGEN_DONT_PARALLELIZE EIGEN_DONT_VECTORIZE)
# The compiler need not clear up its memory before it holds this many KiB (by default a quarter of it):
# a tenth less time for a fifth more memory, some of the joined sources 1.1 GB.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options("SHELL:--param ggc-min-heapsize=500000")
endif()
# A shared library may inline its own functions, as a static one would.
add_compile_options(-fno-semantic-interposition)
add_compile_options("-march=${NORMA_TARGET}")

if(NORMA_TARGET STREQUAL "native")
  execute_process(
    COMMAND sh "${PROJECT_SOURCE_DIR}/cmake/native_target.sh" "${CMAKE_CXX_COMPILER}"
    OUTPUT_VARIABLE native_target OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  add_compile_definitions("NORMA_NATIVE_TARGET=${native_target}")
  file(WRITE "${PROJECT_BINARY_DIR}/native_target" "${native_target}\n")
endif()

if(NORMA_SANITIZE)
  add_compile_options(
    "-fsanitize=${NORMA_SANITIZE}" -fno-sanitize-recover=all -fno-omit-frame-pointer -O1
    -Wno-maybe-uninitialized)  # instrumented code of the standard library raises false alarms
  add_link_options("-fsanitize=${NORMA_SANITIZE}")
endif()

find_program(CCACHE_PROGRAM ccache)
mark_as_advanced(CCACHE_PROGRAM)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths below the source folder are made relative, so that another clone hits the cache too;
  # the sloppiness is the one that precompiled headers ask for.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
    "CCACHE_SLOPPINESS=pch_defines,time_macros" "${CCACHE_PROGRAM}")
endif()
