#include "core/config/schema_parts.h"

#include <cctype>
#include <nlohmann/json.hpp>

namespace norma {
namespace {

// 1 rather than 1.0 where the bound is whole.
Json bound(double value) {
  const auto whole = static_cast<int64_t>(value);
  return static_cast<double>(whole) == value ? Json(whole) : Json(value);
}

Json with_bounds(Json schema, const Is& is) {
  if (is.min) schema["minimum"] = bound(*is.min);
  if (is.max) schema["maximum"] = bound(*is.max);
  if (is.above) schema["exclusiveMinimum"] = bound(*is.above);
  if (is.below) schema["exclusiveMaximum"] = bound(*is.below);
  return schema;
}

}  // namespace

Json typed(const char* type, const Is& is) { return with_bounds(Json{{"type", type}}, is); }

Json or_null(Json schema) {
  schema["type"] = Json::array({schema["type"], "null"});
  return schema;
}

Json list_of(Json items, size_t count) {
  Json schema{{"type", "array"}, {"items", std::move(items)}};
  if (count != 0) {
    schema["minItems"] = count;
    schema["maxItems"] = count;
  }
  return schema;
}

Json text_schema(const Is& is) {
  Json schema{{"type", "string"}};
  if (is.min) schema["minLength"] = bound(*is.min);
  if (is.max) schema["maxLength"] = bound(*is.max);
  return schema;
}

Json refer(const std::string& reference) { return Json{{"$ref", reference}}; }

Json layers_schema(Json element) {
  element.erase("anyOf");  // no site need be named where there is a type
  element["properties"]["layers"] =
      Json{{"type", Json::array({"string", "integer"})},
           {"description", "numbers from 0: \"3\", \"0-3\", \"4-\", \"0-2,5\""}};
  element["required"] = Json::array({"layers"});
  Json schema{{"type", "array"}, {"items", std::move(element)}};
  schema["minItems"] = 1;
  return schema;
}

std::string pointer_name(const std::string& name) {
  std::string text = name;
  for (char& c : text)
    if (!(std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.')) c = '_';
  return text;
}

}  // namespace norma
