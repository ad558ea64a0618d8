// A learned gain and offset a channel and nothing else, in the place of a norm.
// Touvron et al. 2021, "ResMLP", arXiv:2105.03404.
#include "layers/norms/affine.h"

#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

struct AffineMap : Affine {
  void describe(Fields& f) { describe_affine(f); }

  static constexpr int kStats = 0;
  static constexpr bool kCentred = false;
  static constexpr Domain domain() { return Domain::none(); }
  static auto map(auto x, auto, auto weight, auto bias) { return x * weight + bias; }
};

const RegisterNorm<AffineMap> registered_affine("affine", "γx + β",
                                                "Touvron et al. 2021, arXiv:2105.03404");

}  // namespace

Spec offset_alone() {
  return make_spec(Json{{"type", "affine"}, {"weight", false}}, norm_registry(), "offset_alone");
}

}  // namespace norma
