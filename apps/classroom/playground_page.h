#pragma once

#include <string>
#include <string_view>

namespace norma::classroom {

// The playground as one HTML page: the engine in WebAssembly, what it is shown by, and nothing to
// fetch. `more_script` runs behind its own scripts.
std::string playground_page(std::string_view more_script = {});

}  // namespace norma::classroom

namespace norma::embedded {

// Files that became part of the program when it was built (embed.cmake).
extern const char* const kEngine;  // wasm/engine.wasm.gz in base64
extern const char* const kPlaygroundBody;
extern const char* const kPlaygroundStyle;
extern const char* const kPlaygroundScript;

}  // namespace norma::embedded
