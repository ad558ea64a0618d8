#pragma once

#include <optional>

#include "core/config/registry.h"

namespace norma {

// How the branches of a residual network for images join their shortcuts.
struct ResidualScheme {
  bool norms = true;  // else convolutions have biases in their place
  // Initial value of a learned factor on each branch, one number or one a channel.
  std::optional<double> gain = {};
  bool gain_per_channel = false;
  bool fixup = false;              // scalar biases between the convolutions, closed starts
  bool expected_variance = false;  // blocks of models/nf_block.h
  // The only `block` that it is defined for; null = any.
  const char* block = nullptr;

  // Whether it leaves the start of convolutions to them.
  bool plain_weights() const { return !fixup && !expected_variance; }
};

Registry<ResidualScheme>& residual_scheme_registry();

// Registers a scheme at program start.
struct RegisterResidualScheme {
  RegisterResidualScheme(const char* type, const char* summary, const char* source,
                         const ResidualScheme& scheme);
};

}  // namespace norma
