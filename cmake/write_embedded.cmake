# Run by the build: writes OUT, the definitions of the texts that TEXTS names (NAME=FILE;…) and of the
# lists of files (NAME/=FILE;…).

set(names "")
set(lists "")
foreach(text ${TEXTS})
  string(REGEX MATCH "^([A-Za-z0-9]+)(/?)=(.*)$" text "${text}")
  set(name "${CMAKE_MATCH_1}")
  set(file "${CMAKE_MATCH_3}")
  if(CMAKE_MATCH_2)
    list(APPEND lists "${name}")
  else()
    list(APPEND names "${name}")
  endif()
  if(file)
    file(READ "${file}" content)
    if(CMAKE_MATCH_2)
      get_filename_component(file_name "${file}" NAME)
      set(content "  {\"${file_name}\", R\"embedded(${content})embedded\"},
")
    endif()
    string(APPEND content_${name} "${content}")
  endif()
endforeach()
list(REMOVE_DUPLICATES names)
list(REMOVE_DUPLICATES lists)

set(definitions "")
foreach(name ${names})
  string(APPEND definitions "extern const char* const ${name};
const char* const ${name} = R\"embedded(${content_${name}})embedded\";
")
endforeach()
foreach(name ${lists})
  string(APPEND definitions "extern const EmbeddedFiles ${name};
static const EmbeddedFile files_of_${name}[] = {
${content_${name}}  {\"\", \"\"}};
const EmbeddedFiles ${name}(files_of_${name}, std::size(files_of_${name}) - 1);
")
endforeach()
file(WRITE "${OUT}" "#include <iterator>

#include \"apps/common/embedded_file.h\"

namespace norma::embedded {

${definitions}
}  // namespace norma::embedded
")
