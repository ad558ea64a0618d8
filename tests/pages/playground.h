#pragma once

#include <string>

#include "core/config/json.h"

namespace norma::classroom {

// What `script` collected on the playground's page: it runs when the page is there, may use
// at(id), and ends by finish(what it collected). Checks that the console stayed empty.
Json collected(const std::string& script, bool dark = false);

}  // namespace norma::classroom
