#pragma once

#include <string>
#include <string_view>

#include "core/config/json.h"

namespace norma::classroom {

// The playground within a page: what stands there below a heading, and the engine for its script
// (kPlaygroundScript, kPlaygroundStyle; the page must allow WebAssembly).
std::string playground_body();
Json playground_data();

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
