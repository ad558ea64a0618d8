# Run by the build: writes OUT, the style sheet of KATEX with the fonts that formulas use inside.

file(READ "${KATEX}/katex.min.css" style)
string(REGEX MATCHALL "url\\(fonts/[A-Za-z0-9_-]+\\.woff2\\)" addresses "${style}")
list(REMOVE_DUPLICATES addresses)
foreach(address ${addresses})
  string(REGEX REPLACE "url\\((.*)\\)" "\\1" font "${address}")
  execute_process(COMMAND base64 -w 0 "${KATEX}/${font}" OUTPUT_VARIABLE bytes RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "${KATEX}/${font} cannot be read")
  endif()
  string(REPLACE "${address}" "url(data:font/woff2;base64,${bytes})" style "${style}")
endforeach()
# Every browser that runs the page reads woff2.
string(REGEX REPLACE ",url\\(fonts/[A-Za-z0-9_-]+\\.(woff|ttf)\\) *format\\(['\"](woff|truetype)['\"]\\)" ""
  style "${style}")
file(WRITE "${OUT}" "${style}")
