#pragma once

#include <string>

#include "core/config/json.h"

namespace norma {

// The dotted paths at which two configs differ, joined by commas.
std::string changed_options(const Json& before, const Json& now);

}  // namespace norma
