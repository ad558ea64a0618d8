#pragma once

#include <span>
#include <string>

#include "core/config/fields.h"

namespace norma {

// Whether `given` is a value of the wanted kind within the bounds; only then is `value` set.
// Integers may be written 1000, 1e3 or 1000.0; true, "3" and 3.5 are none.
bool read_value(const Json& given, const Is& is, int64_t& value);
bool read_value(const Json& given, const Is& is, double& value);
bool read_value(const Json& given, const Is& is, std::string& value);

// The completion of "expected …": an integer of at least 1.
std::string expected_integer(const Is& is);
std::string expected_number(const Is& is);
std::string expected_text(const Is& is);
std::string expected_list(const std::string& of_what, size_t count);

// What was found, as JSON text cut to fit a message.
std::string shown(const Json& value);

// "a norm", "an optimizer".
std::string with_article(const std::string& noun);

// "gelu, relu or silu"
std::string listed(std::span<const std::string> words, const std::string& last_joiner);

}  // namespace norma
