# Makes files part of the program `command`: page.html, and D3, which draws its picture.

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
