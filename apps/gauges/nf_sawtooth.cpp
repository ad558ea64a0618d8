// The variance of the stream in residual networks without norms, at initialization. Brock, De,
// Smith 2021, "Characterizing signal propagation to close the performance gap in unnormalized
// ResNets", arXiv:2101.08692, section 4.1: x ← x + α F(x/β) with F that keeps variances and β² the
// variance of x adds α²; where the shortcut is a convolution of x/β, the variance goes back to 1
// first.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/gauges/assumptions.h"
#include "apps/gauges/block_joins.h"

namespace norma {
namespace {

// The variance of what enters the first block, and the smaller side of the last block's images.
class Ends final : public JoinObserver {
 public:
  void on_join(const std::string&, const Join& join) override {
    const Shape& shape = join.stream.shape();
    if (side_ == 0) variance_ = channel_variance(join.stream);
    side_ = std::min(shape[1], shape[2]);
  }
  double variance() const { return variance_; }
  int64_t side() const { return side_; }

 private:
  double variance_ = 0;
  int64_t side_ = 0;
};

// On smaller images a 3×3 convolution meets so many of the zeros around them that it loses over 3 %
// of the variance.
constexpr int64_t kSmallestSide = 32;

// The learned gains of the branches, one a block, in the order of the forward.
std::vector<const Param*> skip_gains(ParamSet& params) {
  std::vector<const Param*> gains;
  for (const Param& param : params.params())
    if (param.name.ends_with(".skip_gain")) gains.push_back(&param);
  return gains;
}

bool has_downsample(ParamSet& params, std::string_view block) {
  const std::string prefix = std::string(block) + ".downsample.";
  for (const Param& param : params.params())
    if (param.name.starts_with(prefix)) return true;
  return false;
}

Prediction nf_sawtooth(Training& training) {
  Assumptions assumed(training);
  ParamSet& params = training.params();
  const std::vector<const Param*> gains = skip_gains(params);
  assumed.expect(!gains.empty() && assumed.option("alpha").is_number(),
                 "the model is not made of blocks x + α F(x/β) whose α and gain can be set "
                 "(model.type \"nfnet\")");
  if (!assumed.hold()) return assumed.refusal();
  assumed.expect_option("skip_gain", 1.0);
  assumed.expect_option("reparam", "scaled_weight_standardization");
  assumed.expect_option("squeeze_excite", nullptr);
  assumed.expect(assumed.option("block") == "basic" || assumed.option("stages").size() == 1,
                 "shortcuts of \"bottleneck\" blocks average pixels, which takes variance");
  Ends ends;
  training.rehearse(&ends);
  assumed.expect_one(ends.variance(), 0.1, "the variance of what enters the first block");
  assumed.expect(ends.side() >= kSmallestSide,
                 "the last images have a side of " + std::to_string(ends.side()) + ", below " +
                     std::to_string(kSmallestSide) +
                     ", and padding with zeros takes variance at their borders");
  if (!assumed.hold()) return assumed.refusal();

  const double alpha = assumed.option("alpha").get<double>();
  Prediction prediction;
  double variance = 1;
  for (const Param* gain : gains) {
    if (has_downsample(params, block_of(gain->name))) variance = 1;
    variance += alpha * alpha;
    prediction.low.push_back(variance);
  }
  prediction.high = prediction.low;
  return prediction;
}

const RegisterTheory registered_nf_sawtooth(
    "nf_sawtooth", "the variance of a stream without norms grows by block and is set back by stage",
    "Brock, De, Smith 2021, arXiv:2101.08692, section 4.1",
    {"stream_variance",
     "Var x + α² behind every block; 1 + α² where the shortcut is a convolution (a new stage)",
     nf_sawtooth});

}  // namespace
}  // namespace norma
