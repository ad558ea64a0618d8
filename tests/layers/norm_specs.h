#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/config/config.h"
#include "layers/norms/norm.h"
#include "tests/gradcheck.h"

// Registered norms for tests: their specs, makers and masks.
namespace norma {

// Whether a norm keeps the positions of a sequence apart, with every option at its default.
inline bool is_per_row(const Entry& entry) {
  const Spec spec = make_spec(Json(entry.type), norm_registry(), entry.type);
  return norm_registry().at(entry.type).define(spec).domain.per_row();
}

inline Tensor mask_with_gaps(int64_t samples, int64_t positions) {
  const Tensor mask = Tensor::empty({samples, positions}, DType::kUInt8);
  for (int64_t i = 0; i < mask.numel(); ++i) mask.data<uint8_t>()[i] = i % 3 != 1;
  return mask;
}

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

// The norm that a config describes.
inline MakeModule maker_of(const Json& norm, int64_t channels) {
  return [=](const Scope& scope) {
    return make_norm(scope, make_spec(norm, norm_registry(), "the test"), channels);
  };
}

inline MakeModule norm_maker(const std::string& type, int64_t channels) {
  return
      [=](const Scope& scope) { return make_norm(scope, affine_spec(type, channels), channels); };
}

}  // namespace norma
