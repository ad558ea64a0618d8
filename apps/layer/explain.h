#pragma once

#include <string>

namespace norma {

// Every layer with its one-line summary, sorted; the norms apart.
std::string layer_list();
// The same as a JSON list of {"type", "kind", "summary", "source", "options"}.
std::string layer_list_json();

// What a layer computes, its source and its options. For a norm also what shares a statistic, what
// is learned, and the largest gradient error against finite differences, measured there and then.
// Throws Error with the nearest name for a layer that does not exist.
std::string explain_layer(const std::string& type);

}  // namespace norma
