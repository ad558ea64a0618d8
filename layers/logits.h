#pragma once

#include <optional>
#include <string>

#include "layers/linear.h"

namespace norma {

// What a model says of its input, its last product not yet carried out: the features that its head
// reads, and what becomes of their product. Logits are the largest tensor of a model with many
// classes; a loss that goes from row to row never needs all of them at once.
struct Logits {
  Var features;
  Linear* head = nullptr;  // null: `features` are the logits
  Param* gain = nullptr;   // the product times gain_factor·gain, column by column; null = as it is
  double gain_factor = 1;
  std::optional<double> soft_cap = {};  // see layers/soft_cap.h
  const std::string* path = nullptr;    // of the model; null: what the context says

  // Whether the logits are a product of the features with a learned weight and nothing else.
  bool plain_product() const { return head && !head->reparametrized() && !gain && !soft_cap; }
};

// Logits that are there already.
inline Logits resolved_logits(Var logits) { return Logits{.features = std::move(logits)}; }

// Carries out what is left to do.
Var resolve(Context& ctx, Logits logits);

}  // namespace norma
