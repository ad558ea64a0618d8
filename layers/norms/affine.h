#pragma once

#include <array>
#include <vector>

#include "core/config/fields.h"
#include "layers/norms/definition.h"

namespace norma {

// The usual learned ending of a norm, γ and β a channel, each of which may be left out.
struct Affine {
  bool weight = true, bias = true;
  static constexpr std::array kParams{gain(), offset()};
  void describe_affine(Fields& f) {
    f.flag("weight", weight, "learned gain γ, one a channel");
    f.flag("bias", bias, "learned offset β, one a channel");
  }
  void learned(std::vector<NormParam>& params) const {
    params[0].present = weight;
    params[1].present = bias;
  }
};

// The same under PyTorch's one switch for both.
struct AffinePair {
  bool affine = true;
  static constexpr std::array kParams{gain(), offset()};
  void describe_affine(Fields& f) {
    f.flag("affine", affine, "learned gain γ and offset β, one a channel");
  }
  void learned(std::vector<NormParam>& params) const {
    params[0].present = params[1].present = affine;
  }
};

}  // namespace norma
