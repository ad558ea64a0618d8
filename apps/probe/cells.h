#pragma once

#include <string>

#include "core/config/json.h"

namespace norma {

// Parts of a record as cells of a table.

// That number to three digits; blank where there is none.
std::string cell(const Json& record, const char* name);
// The same of a share, in per cent.
std::string percent_cell(const Json& record, const char* name);
// A line that names the first value that was not finite; empty where all were.
std::string nonfinite_text(const Json& record);

}  // namespace norma
