// N(x + F(x)): the original transformer. Vaswani et al. 2017, arXiv:1706.03762.
#include "layers/residual/post_norm.h"

namespace norma {
namespace {

Recipe post_recipe(const PostNorm::Options&, const Stack& stack) {
  return {.init = InitialDeviations::depth_scaled(stack), .final_norm = false};
}

const RegisterPlacement<PostNorm> registered_post("post", "N(x + F(x))",
                                                  "Vaswani et al. 2017, arXiv:1706.03762",
                                                  post_recipe);

}  // namespace
}  // namespace norma
