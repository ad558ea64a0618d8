#pragma once

#include <string>
#include <vector>

#include "core/config/registry.h"

namespace norma {

// One thing that configs choose by name.
struct Listed {
  const char* kind;  // "layer", "norm", "loss", "placement", "reparam"
  const Entry* entry;
};

// All of them, kind by kind, sorted by name within a kind.
std::vector<Listed> catalogue();

// The one called `type`. Throws Error with the nearest name.
Listed listed(const std::string& type);

// The catalogue, a line each.
std::string catalogue_text();
// The same as a JSON list of {"type", "kind", "summary", "source", "options"}.
std::string catalogue_json();

}  // namespace norma
