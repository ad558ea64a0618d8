# Installs Norma into an empty folder, then configures, builds and runs a project that finds it
# there. Needs NORMA_BUILD (a finished build folder) and CXX (the compiler).

set(here "${NORMA_BUILD}/install_check")
file(REMOVE_RECURSE "${here}")

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${result}:\n${out}")
  endif()
  set(out "${out}" PARENT_SCOPE)
endfunction()

run("${CMAKE_COMMAND}" --install "${NORMA_BUILD}" --prefix "${here}/prefix")
run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${here}/build" -G Ninja
  "-DCMAKE_PREFIX_PATH=${here}/prefix" "-DCMAKE_CXX_COMPILER=${CXX}")
run("${CMAKE_COMMAND}" --build "${here}/build")
run("${here}/build/consumer")
message(STATUS "${out}")
