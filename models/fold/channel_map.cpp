#include "models/fold/channel_map.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/rng.h"

namespace norma {
namespace {

// The map that takes x (rows,C) to y, if it is one.
ChannelMap map_between(const Tensor& x, const Tensor& y) {
  const int64_t channels = x.shape().back(), rows = x.rows();
  ChannelMap map;
  for (int64_t c = 0; c < channels; ++c) {
    const auto at = [&](const Tensor& tensor, int64_t row) {
      return tensor.data<double>()[row * channels + c];
    };
    int64_t low = 0, high = 0;
    for (int64_t row = 1; row < rows; ++row) {
      if (at(x, row) < at(x, low)) low = row;
      if (at(x, row) > at(x, high)) high = row;
    }
    const double span = at(x, high) - at(x, low);
    const double gain = span > 0 ? (at(y, high) - at(y, low)) / span : 0;
    const double offset = at(y, low) - gain * at(x, low);
    map.gain.push_back(gain);
    map.offset.push_back(offset);
  }
  return map;
}

bool is_the_map(const ChannelMap& map, const Tensor& x, const Tensor& y) {
  const auto channels = static_cast<int64_t>(map.gain.size());
  for (int64_t i = 0; i < x.numel(); ++i) {
    const auto c = static_cast<size_t>(i % channels);
    const double expected = map.gain[c] * x.data<double>()[i] + map.offset[c];
    if (!(std::abs(y.data<double>()[i] - expected) <= 1e-9 * (1 + std::abs(expected))))
      return false;
  }
  return true;
}

// The norm in eval on some input of its own. Two of them differ in size and place, so that a map
// that is the same for both follows from no statistic of the input.
struct NormRun {
  NormRun(int64_t channels, double mean, double deviation)
      : x(Tensor::empty({3, 5, channels}, DType::kFloat64)) {
    RandomSequence random(RandomStream(1, 1));
    for (int64_t i = 0; i < x.numel(); ++i)
      x.data<double>()[i] = mean + deviation * random.normal();
  }
  Tensor operator()(Norm& norm) const {
    Context ctx;
    ctx.dtype = DType::kFloat64;
    return norm(ctx, Var{x}).value;
  }
  Tensor x;
};

// The map from one output to another of two runs each, where it is the same for both.
using Pair = std::array<Tensor, 2>;
std::optional<ChannelMap> common_map(const Pair& x, const Pair& y) {
  const ChannelMap map = map_between(x[0], y[0]);
  if (!is_the_map(map, x[0], y[0]) || !is_the_map(map, x[1], y[1])) return {};
  return map;
}

std::array<NormRun, 2> runs_of(const Norm& norm) {
  return {NormRun(norm.channels(), 0, 1), NormRun(norm.channels(), 1, 3)};
}

}  // namespace

std::optional<ChannelMap> whole_map(Norm& norm) {
  const auto runs = runs_of(norm);
  return common_map({runs[0].x, runs[1].x}, {runs[0](norm), runs[1](norm)});
}

std::vector<Param*> ending_of(const Norm& norm) {
  std::vector<Param*> ending;
  for (Param* param : norm.params())
    if (param && (param->kind == ParamKind::kGain || param->kind == ParamKind::kBias))
      ending.push_back(param);
  return ending;
}

bool has_gain(const Norm& norm) {
  return std::ranges::any_of(ending_of(norm),
                             [](const Param* param) { return param->kind == ParamKind::kGain; });
}

void set_neutral(const Norm& norm) {
  for (Param* param : ending_of(norm)) param->value.fill(param->init.scale);
}

std::optional<ChannelMap> ending_map(Norm& norm) {
  const auto runs = runs_of(norm);
  const std::vector<Param*> ending = ending_of(norm);
  std::vector<Tensor> kept;
  for (const Param* param : ending) kept.push_back(param->value.clone());
  const Pair y{runs[0](norm), runs[1](norm)};
  set_neutral(norm);
  std::optional<ChannelMap> map = common_map({runs[0](norm), runs[1](norm)}, y);
  for (size_t i = 0; i < ending.size(); ++i) ending[i]->value.copy_from(kept[i]);
  return map;
}

int64_t outputs_of(const LinearMap& map) { return map.weight.tensor().shape()[0]; }
int64_t inputs_of(const LinearMap& map) { return map.weight.tensor().shape()[1]; }

void scale_inputs(const LinearMap& map, const ChannelMap& channels, bool with_offset) {
  const Tensor& weight = map.weight.learned->value;
  const int64_t out = weight.shape()[0], in = weight.shape()[1], taps = weight.numel() / (out * in);
  double* w = weight.data<double>();
  for (int64_t o = 0; o < out; ++o)
    for (int64_t i = 0; i < in; ++i)
      for (int64_t t = 0; t < taps; ++t, ++w) {
        const auto channel = static_cast<size_t>(i);
        if (with_offset) map.bias->value.data<double>()[o] += *w * channels.offset[channel];
        *w *= channels.gain[channel];
      }
}

void scale_outputs(const LinearMap& map, const ChannelMap& channels) {
  const Tensor& weight = map.weight.learned->value;
  const int64_t out = weight.shape()[0], each = weight.numel() / out;
  for (int64_t o = 0; o < out; ++o) {
    const double gain = channels.gain[static_cast<size_t>(o)];
    for (int64_t i = 0; i < each; ++i) weight.data<double>()[o * each + i] *= gain;
    if (map.bias) map.bias->value.data<double>()[o] *= gain;
  }
}

}  // namespace norma
