#pragma once

#include "core/context.h"

namespace norma {

// Rotary positions (Su et al. 2021, arXiv:2104.09864): features d and d + head_width/2 of a head at
// position t are turned by the angle t·base^(−2d/head_width).
class Rotary {
 public:
  // Throws Error unless head_width is even.
  Rotary(int64_t head_width, double base);

  // Turns the heads that lie in columns [column, column + heads·head_width) of x (B,T,…) in place;
  // row t stands at position first + t. `inverse` turns back: the backward of the rotation.
  void rotate(const Tensor& x, int64_t column, int64_t heads, int64_t first, bool inverse) const;

 private:
  void cover(int64_t positions, DType dtype) const;
  int64_t head_width_;
  double base_;
  mutable Tensor cosines_, sines_;  // (positions, head_width/2), made when first needed
};

// The heads of x (B,T,heads·head_width) turned to their positions, those of a generation included.
Var rotated(Context& ctx, const Var& x, const Rotary& rotary, int64_t heads);

}  // namespace norma
