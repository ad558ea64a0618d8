# The lessons, their pictures and KaTeX, which sets their formulas.

file(GLOB lesson_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/lessons/[0-9]*.md")
file(GLOB answer_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/lessons/answers/[0-9]*.md")
file(GLOB picture_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/lessons/pictures/*.svg")
set(texts "kLessons/=" "kAnswers/=" "kPictures/=")
list(TRANSFORM lesson_files PREPEND "kLessons/=")
list(TRANSFORM answer_files PREPEND "kAnswers/=")
list(TRANSFORM picture_files PREPEND "kPictures/=")

find_path(NORMA_KATEX katex.min.js PATHS /usr/share/javascript/katex NO_DEFAULT_PATH
  DOC "KaTeX and its fonts; without it formulas are shown as TeX")
mark_as_advanced(NORMA_KATEX)
set(katex "")
set(katex_style "")
if(NORMA_KATEX)
  set(katex "${NORMA_KATEX}/katex.min.js")
  set(katex_style "${generated}/katex.css")
  add_custom_command(
    OUTPUT "${katex_style}"
    COMMAND "${CMAKE_COMMAND}" "-DKATEX=${NORMA_KATEX}" "-DOUT=${katex_style}"
      -P "${folder}/write_katex_style.cmake"
    DEPENDS "${folder}/write_katex_style.cmake" "${NORMA_KATEX}/katex.min.css"
    COMMENT "Writing KaTeX's style with its fonts"
    VERBATIM)
endif()

embed_texts(${command}_parts ${texts} ${lesson_files} ${answer_files} ${picture_files}
  "kKatex=${katex}" "kKatexStyle=${katex_style}"
  "kLessonsScript=${folder}/lessons.js" "kLessonsStyle=${folder}/lessons.css")
target_link_libraries(${command}_parts PRIVATE md4c::md4c-html)
