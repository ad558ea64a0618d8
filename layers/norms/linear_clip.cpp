// A straight line cut off at ±1 in the place of a norm. At the corners the slope is the line's, as
// PyTorch's clip. A candidate of Chen, Lu, Zhu, Sun, Liu 2025, arXiv:2512.10938.
#include "layers/norms/norm.h"
#include "layers/norms/pointwise.h"

namespace norma {
namespace {

struct LinearClip {
  static auto of(auto z) { return clamp(z, decltype(z)(-1), decltype(z)(1)); }
};

const RegisterNorm<Pointwise<LinearClip>> registered_linear_clip(
    "linear_clip", "γ clip(αx + s, −1, 1) + β", "Chen et al. 2025, arXiv:2512.10938");

}  // namespace
}  // namespace norma
