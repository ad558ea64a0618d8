# Run by the build: writes OUT, the definitions of the texts that TEXTS names (NAME=FILE;…).

set(names "")
foreach(text ${TEXTS})
  string(REGEX MATCH "^([^=]+)=(.*)$" text "${text}")
  set(name "${CMAKE_MATCH_1}")
  list(APPEND names "${name}")
  if(CMAKE_MATCH_2)
    file(READ "${CMAKE_MATCH_2}" content)
    string(APPEND content_${name} "${content}")
  endif()
endforeach()
list(REMOVE_DUPLICATES names)

set(definitions "")
foreach(name ${names})
  string(APPEND definitions "extern const char* const ${name};
const char* const ${name} = R\"embedded(${content_${name}})embedded\";
")
endforeach()
file(WRITE "${OUT}" "namespace norma::embedded {

${definitions}
}  // namespace norma::embedded
")
