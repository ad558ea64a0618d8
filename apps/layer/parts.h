#pragma once

#include <string>
#include <utility>
#include <vector>

#include "layers/layer_run.h"
#include "layers/norms/gradient_parts.h"

namespace norma {

// What the norms of a layer did to the gradient in one backward: what `layer --parts` shows.
class PartsRecord final : public TapeObserver, public NormObserver {
 public:
  void on_norm_backward(const std::string& path, const GradientParts& parts) override;

  // A table for each norm, in the order of the backward.
  std::string text() const;
  // The terms of each gradient, float64: part.direct, part.along_one and part.along_u where the
  // layer is the norm; else with its path, part.attn_norm.direct …, and a number behind it where
  // one ran several times, the later the earlier. `images`: activations are laid out NCHW, as the
  // others.
  void add_terms(NamedTensors& out, bool images) const;

 private:
  std::vector<std::pair<std::string, GradientParts>> all_;
};

}  // namespace norma
