# What is particular to the program `command`: page.html and D3, which draws its picture, become part
# of it.

find_file(NORMA_D3 d3.min.js PATHS /usr/share/nodejs/d3/dist NO_DEFAULT_PATH
  DOC "D3's build for browsers; without it bench --html writes its table alone")
mark_as_advanced(NORMA_D3)
set(d3 "")
if(NORMA_D3)
  set(d3 "${NORMA_D3}")
endif()

add_custom_command(
  OUTPUT "${generated}/bench_embedded.cpp"
  COMMAND "${CMAKE_COMMAND}" "-DPAGE=${folder}/page.html" "-DD3=${d3}"
    "-DOUT=${generated}/bench_embedded.cpp" -P "${folder}/write_embedded.cmake"
  DEPENDS "${folder}/write_embedded.cmake" "${folder}/page.html" ${d3}
  COMMENT "Embedding the page of bench"
  VERBATIM)
target_sources(norma-${command} PRIVATE "${generated}/bench_embedded.cpp")
# What must stay out of the sources compiled as one: a text of 300 KB.
set_source_files_properties("${generated}/bench_embedded.cpp" PROPERTIES
  SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON)
# The roof's loops over memory, the one place of the programs where a loop is what is measured.
set_source_files_properties("${folder}/roof_loops.cpp" PROPERTIES
  SKIP_PRECOMPILE_HEADERS ON COMPILE_OPTIONS "$<$<CONFIG:Release>:-O3>")
