// x + F(N(x)): the stream itself is never normalized. Wang et al. 2019, arXiv:1906.01787; Xiong et
// al. 2020, arXiv:2002.04745.
#include "layers/residual/pre_norm.h"

namespace norma {
namespace {

Recipe pre_recipe(const PreNorm::Options&, const Stack& stack) {
  return {.init = InitialDeviations::depth_scaled(stack)};
}

const RegisterPlacement<PreNorm> registered_pre("pre", "x + F(N(x))",
                                                "Wang et al. 2019, arXiv:1906.01787", pre_recipe);

}  // namespace
}  // namespace norma
