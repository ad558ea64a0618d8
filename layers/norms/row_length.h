#pragma once

#include <tuple>

#include "layers/norms/norm.h"

namespace norma {

// x times one number a position that follows from its length, nothing learned: what norms of length
// share. A norm adds the table, and the least length it divides by.
struct RowLength {
  double eps;
  void describe(Fields& f) { f.number("eps", eps, "least length divided by", {.above = 0}); }

  static constexpr std::array<NormParam, 0> kParams{};
  static constexpr int kStats = 1;
  static constexpr bool kCentred = false;
  static constexpr Domain domain() { return Domain::row(); }
  static auto map(auto x, auto, auto scale) { return x * scale; }
  static auto pullback(auto dy, auto x, auto, auto scale) {
    return std::tuple(dy * scale, kZero, dy * x);
  }
};

}  // namespace norma
