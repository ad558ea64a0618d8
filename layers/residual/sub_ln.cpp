// x + F(N(x)) with a second norm inside F, in front of the projection that ends on the stream.
// Wang et al. 2022 (Foundation Transformers), arXiv:2210.06423, for a stack that is only an encoder
// or only a decoder.
#include "layers/residual/pre_norm.h"

namespace norma {
namespace {

// γ = √(ln 2·layers).
Recipe recipe(const PreNorm::Options&, const Stack& stack) {
  const double gamma = std::sqrt(std::log(2.0 * static_cast<double>(stack.layers)));
  return {
      .init = InitialDeviations::gained(stack, gamma), .inner_norm = true, .single_stack = true};
}

const RegisterPlacement<PreNorm> registered("sub_ln",
                                            "x + F(N(x)) with a norm before F's last projection",
                                            "Wang et al. 2022, arXiv:2210.06423", recipe);

}  // namespace
}  // namespace norma
