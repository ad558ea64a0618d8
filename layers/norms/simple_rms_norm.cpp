// Root mean square normalization with nothing learned. Qin et al. 2023, "TransNormerLLM",
// arXiv:2307.14995; the place and size of epsilon as in x-transformers.
#include "layers/norms/row_length.h"

namespace norma {
namespace {

struct SimpleRmsNorm : RowLength {
  SimpleRmsNorm() : RowLength{.eps = 1e-12} {}
  auto table(const auto& m) const { return sqrt(m.n) / m.length(eps); }
};

const RegisterNorm<SimpleRmsNorm> registered_simple_rms_norm("simple_rms_norm",
                                                             "√d x/max(‖x‖, ε) over d channels",
                                                             "Qin et al. 2023, arXiv:2307.14995");

}  // namespace
}  // namespace norma
