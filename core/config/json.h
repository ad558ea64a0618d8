#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace norma {

// A JSON value whose objects keep their keys in the order written or described.
using Json = nlohmann::ordered_json;

// The value `text` holds. Strict JSON (RFC 8259): no comments, no trailing commas, no key twice in
// one object, no NaN. An Error says `source`:line:column, what was found there, what was expected,
// and shows the line.
Json parse_json(std::string_view text, std::string_view source);

// The value a file holds; an Error also when it cannot be read.
Json load_json(const std::filesystem::path& file);

// The text of a value, laid out for people: a list or object that fits into `width` columns stands
// on one line. parse_json gives the same value back, every number with the same bits; numbers that
// JSON cannot say (infinite, NaN) become null.
std::string format_json(const Json& value, int width = 100);

// The text of a value on one line, however long.
std::string json_line(const Json& value);

// The shortest text that reads back as the same float64: 0.1, 3e-4, 1000.
std::string format_number(double value);

}  // namespace norma
