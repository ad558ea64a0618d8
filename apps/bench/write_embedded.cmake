# Run by the build: writes OUT, the definitions of `embedded` in apps/bench/page.h, from the files
# PAGE and D3.

set(d3 "")
if(D3)
  file(READ "${D3}" d3)
endif()
file(READ "${PAGE}" page)
file(WRITE "${OUT}" "#include \"apps/bench/page.h\"

namespace norma::embedded {

const char* const kPage = R\"embedded(${page})embedded\";
const char* const kD3 = R\"embedded(${d3})embedded\";

}  // namespace norma::embedded
")
