// x + F(N(x)) with a second norm inside F, in front of the projection that ends on the stream.
// Wang et al. 2022 (Foundation Transformers), arXiv:2210.06423: branches start larger by γ = √ln L
// for L branches, two a block and three in a decoder that reads an encoder; the encoder that such a
// decoder of M blocks reads has γ = √(⅓ ln 3M · ln 2N).
#include "layers/residual/pre_norm.h"

namespace norma {
namespace {

double gamma(const Stack& stack) {
  const double own = std::log(stack.depth());
  if (stack.reader_layers == 0) return std::sqrt(own);
  return std::sqrt(std::log(3.0 * static_cast<double>(stack.reader_layers)) * own / 3);
}

Recipe sub_ln_recipe(const PreNorm::Options&, const Stack& stack) {
  return {.init = InitialDeviations::gained(stack, gamma(stack)), .inner_norm = true};
}

const RegisterPlacement<PreNorm> registered_sub_ln(
    "sub_ln", "x + F(N(x)) with a norm before F's last projection",
    "Wang et al. 2022, arXiv:2210.06423", sub_ln_recipe);

}  // namespace
}  // namespace norma
