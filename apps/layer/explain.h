#pragma once

#include <string>

namespace norma {

// What a layer, norm, placement, re-parametrization or loss computes, its source and its options.
// Of a norm also what shares a statistic, what is learned, and its properties, measured there and
// then (see properties.h); of a placement the initial weights it asks for.
// Throws Error with the nearest name for a type that does not exist.
std::string explanation_text(const std::string& type);
// The same as one JSON object.
std::string explanation_json(const std::string& type);

}  // namespace norma
