// Scale normalization: every position is scaled to one learned length g, at first √d.
// Nguyen, Salazar 2019, "Transformers without Tears", arXiv:1910.05895.
#include "layers/norms/norm.h"

namespace norma {
namespace {

struct ScaleNorm {
  double eps = 1e-5;
  void describe(Fields& f) { f.number("eps", eps, "least length divided by", {.above = 0}); }

  static constexpr std::array kParams{root_of_width("g")};
  static constexpr int kStats = 1;
  static constexpr bool kCentred = false;
  static constexpr Domain domain() { return Domain::row(); }
  auto table(const auto& m) const { return 1 / m.length(eps); }
  static auto map(auto x, auto, auto scale, auto g) { return x * scale * g; }
};

const RegisterNorm<ScaleNorm> registered_scale_norm("scale_norm", "g x/max(‖x‖, ε) over channels",
                                                    "Nguyen, Salazar 2019, arXiv:1910.05895");

}  // namespace
}  // namespace norma
