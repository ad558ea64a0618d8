// The variance of the stream in residual networks without norms, at initialization. Brock, De,
// Smith 2021, "Characterizing signal propagation to close the performance gap in unnormalized
// ResNets", arXiv:2101.08692, section 4.1: x ← x + α F(x/β) with F that keeps variances and β² the
// variance of x adds α²; where the shortcut is a convolution of x/β, the variance goes back to 1
// first.
#include <nlohmann/json.hpp>

#include "apps/gauges/assumptions.h"
#include "apps/gauges/block_joins.h"

namespace norma {
namespace {

// The variance of what enters the first block.
class StemVariance final : public JoinObserver {
 public:
  void on_join(const std::string&, const Join& join) override {
    if (!seen_) variance_ = channel_variance(join.stream);
    seen_ = true;
  }
  double variance() const { return variance_; }

 private:
  bool seen_ = false;
  double variance_ = 0;
};

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
  StemVariance stem;
  training.rehearse(&stem);
  assumed.expect_one(stem.variance(), 0.1, "the variance of what enters the first block");
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
