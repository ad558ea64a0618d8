#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/config/config.h"
#include "layers/norms/norm.h"
#include "tests/gradcheck.h"

// Specs of registered norms for tests that go through all of them.
namespace norma {

// Options that make a norm fit `channels` channels; found by trying divisors, so that no norm is
// named here.
inline Spec spec_for(const std::string& type, int64_t channels) {
  const Spec plain = make_spec(Json(type), norm_registry(), type);
  if (!plain.options->contains("groups")) return plain;
  int64_t groups = 1;
  for (int64_t candidate = 2; candidate < channels; ++candidate)
    if (channels % candidate == 0) groups = candidate;
  return make_spec(Json{{"type", type}, {"groups", groups}}, norm_registry(), type);
}

// The same with every learned part switched on.
inline Spec affine_spec(const std::string& type, int64_t channels) {
  Json options = *spec_for(type, channels).options;
  for (const char* name : {"affine", "weight", "bias", "learned_eps"})
    if (options.contains(name)) options[name] = true;
  return make_spec(options, norm_registry(), type);
}

inline MakeModule norm_maker(const std::string& type, int64_t channels) {
  return
      [=](const Scope& scope) { return make_norm(scope, affine_spec(type, channels), channels); };
}

}  // namespace norma
