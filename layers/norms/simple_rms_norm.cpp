// Root mean square normalization with nothing learned. Qin et al. 2023, "TransNormerLLM",
// arXiv:2307.14995; the place and size of epsilon as in x-transformers.
#include "layers/norms/norm.h"

namespace norma {
namespace {

struct SimpleRmsNorm {
  double eps = 1e-12;
  void describe(Fields& f) { f.number("eps", eps, "least length divided by", {.above = 0}); }

  static constexpr std::array<NormParam, 0> kParams{};
  static constexpr int kStats = 1;
  static constexpr bool kCentred = false;
  static constexpr Domain domain() { return Domain::row(); }
  auto table(const auto& m) const { return sqrt(m.n) / m.length(eps); }
  static auto map(auto x, auto, auto scale) { return x * scale; }
  static auto partials(auto x, auto, auto scale) { return std::tuple(scale, kZero, x); }
};

const RegisterNorm<SimpleRmsNorm> registered("simple_rms_norm", "√d x/max(‖x‖, ε) over d channels",
                                             "Qin et al. 2023, arXiv:2307.14995");

}  // namespace
}  // namespace norma
