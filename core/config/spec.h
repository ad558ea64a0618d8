#pragma once

#include <memory>
#include <string>

#include "core/config/json.h"

namespace norma {

// A choice out of a registry: {"type": "rms_norm", "eps": 1e-6}. `options` holds the whole object,
// already checked and with every default filled in. An empty type stands for null: nothing chosen.
// As a default in an options struct, Spec{"rms_norm"} stands for the type with its own defaults.
struct Spec {
  std::string type;
  std::shared_ptr<const Json> options = nullptr;
  explicit operator bool() const { return !type.empty(); }
};
// Whether both choose the same type with the same options.
bool operator==(const Spec& a, const Spec& b);

}  // namespace norma
