#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/config/json.h"

namespace norma {

// Text as it stands in an HTML element or a quoted attribute: nothing in it is markup.
std::string html_escaped(std::string_view text);

// JSON as it stands in <script type="application/json">, which nothing in it can end.
std::string json_for_script(const Json& value);

// The page with every {{name}} replaced by the value of that name. Values are put in as they are
// and not searched again. Throws std::logic_error for a name without a value.
std::string filled_page(std::string_view page,
                        std::span<const std::pair<std::string_view, std::string>> values);

}  // namespace norma
