# Files that become part of a program when it is built, as texts.

set(write_embedded "${CMAKE_CURRENT_LIST_DIR}/write_embedded.cmake")

# embed_texts(TARGET NAME=FILE...): TARGET defines `const char* const norma::embedded::NAME`, for a
# header of its own to declare. A NAME given several times has its files one after the other; without
# a FILE the text is empty. A NAME/ is the list of its files instead, `const EmbeddedFiles`
# (apps/common/embedded_file.h).
function(embed_texts target)
  set(out "${generated}/${target}_embedded.cpp")
  set(files "")
  foreach(text ${ARGN})
    string(REGEX REPLACE "^[^=]*=" "" file "${text}")
    list(APPEND files ${file})
  endforeach()
  add_custom_command(
    OUTPUT "${out}"
    COMMAND "${CMAKE_COMMAND}" "-DTEXTS=${ARGN}" "-DOUT=${out}" -P "${write_embedded}"
    DEPENDS "${write_embedded}" ${files}
    COMMENT "Embedding the texts of ${target}"
    VERBATIM)
  target_sources(${target} PRIVATE "${out}")
  # What must stay out of the sources compiled as one: texts of 300 KB.
  set_source_files_properties("${out}" PROPERTIES
    SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON
    COMPILE_OPTIONS "-Wno-bidi-chars")  # formulas know marks of other scripts
endfunction()
