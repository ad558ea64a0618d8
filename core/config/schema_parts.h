#pragma once

#include <string>

#include "core/config/fields.h"

namespace norma {

// The pieces that a property of a JSON Schema is made of.

// {"type": "number", "minimum": 0}
Json typed(const char* type, const Is& is);
// The same value, or null.
Json or_null(Json schema);
// {"type": "array", "items": …}; `count` 0 = any length.
Json list_of(Json items, size_t count);
Json text_schema(const Is& is);
Json refer(const std::string& reference);

// A list whose elements are such objects with "layers" besides.
Json layers_schema(Json element);

// `name` as it stands in a JSON pointer inside a URI: letters, digits, '_', '-' and '.'.
std::string pointer_name(const std::string& name);

}  // namespace norma
