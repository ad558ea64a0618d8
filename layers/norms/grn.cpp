// Global response normalization: every channel is scaled by the length of its responses over all
// positions, relative to the other channels'; added to the input. Woo et al. 2023, "ConvNeXt V2",
// arXiv:2301.00808; as timm.
#include "layers/norms/joint_norm.h"

namespace norma {
namespace {

struct Grn {
  double eps = 1e-6;
  void describe(Fields& f) {
    f.number("eps", eps, "added to the mean of the channels' lengths", {.above = 0});
  }
  // They start at 0, where the norm is the identity, and are no γ and β of a normalized value.
  void learned(std::vector<NormParam>& params) const { params[0].initial = 0; }

  static constexpr std::array kParams{gain("weight"), offset("bias")};
  static constexpr std::array<TableParam, 0> kMixing{};
  static constexpr int kStats = 1;
  static constexpr bool kCentred = false;
  static constexpr Domain domain() { return Domain::sample_channel(); }
  // The bound gives a channel of zeros the slope 0, as PyTorch's norm.
  static auto pool(const auto& m) { return m.length(1e-150); }
  auto mix(const auto& m) const { return pool(m.instance) / (m.pooled + eps); }
  static auto map(auto x, auto, auto scale, auto weight, auto bias) {
    return x + x * scale * weight + bias;
  }
};

const RegisterJointNorm<Grn> registered_grn("grn",
                                            "x + γ x ‖x‖/mean ‖x‖ + β, lengths over positions",
                                            "Woo et al. 2023, arXiv:2301.00808");

}  // namespace
}  // namespace norma
