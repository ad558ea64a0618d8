# Run by the build: writes OUT, the definitions of core/version.h.

set(version "${VERSION}")
if(GIT)
  execute_process(
    COMMAND "${GIT}" rev-parse --short=7 HEAD
    WORKING_DIRECTORY "${SOURCE}" RESULT_VARIABLE failed
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT failed)
    string(APPEND version " (${commit})")
  endif()
endif()

file(WRITE "${OUT}" "#include \"core/version.h\"

namespace norma {

const char* version() { return \"${version}\"; }
const char* build_description() { return \"${BUILD}\"; }

}  // namespace norma
")
