#include <algorithm>
#include <vector>

#include "core/conv_passes.h"
#include "core/kernels/winograd.h"

namespace norma {
namespace {

// Floats of transformed weights in front of the plain ones.
int64_t transformed_floats(ConvPass pass, const Conv2dShape& s) {
  switch (pass) {
    case ConvPass::kForward:
      return kernels::winograd_forward_weights(s);
    case ConvPass::kBackwardData:
      return kernels::winograd_backward_weights(s);
    case ConvPass::kBackwardWeights:
      return 0;  // a gradient is transformed back before it leaves its pass
  }
  return 0;
}

void narrow(const std::vector<double>& from, float* to) {
  std::transform(from.begin(), from.end(), to, [](double v) { return static_cast<float>(v); });
}

}  // namespace

size_t WinogradConv::packed_bytes() const {
  return static_cast<size_t>(transformed_floats(pass_, shape_) + shape_.weights()) * sizeof(float);
}

size_t WinogradConv::scratch_bytes() const {
  const Conv2dShape s = shape_.with_batch(tiles_.size);
  const auto floats = [&] {
    switch (pass_) {
      case ConvPass::kForward:
        return kernels::winograd_forward_scratch(s);
      case ConvPass::kBackwardData:
        return kernels::winograd_backward_scratch(s);
      case ConvPass::kBackwardWeights:
        return kernels::winograd_gradient_scratch(s);
    }
    return int64_t{0};
  };
  return static_cast<size_t>(floats()) * sizeof(float);
}

void WinogradConv::pack(const float* oihw, float* packed) const {
  if (pass_ == ConvPass::kForward) {
    kernels::transform_weights_forward(shape_, oihw, packed);
  } else {
    kernels::transform_weights_backward(shape_, oihw, packed);
  }
  std::copy_n(oihw, shape_.weights(), packed + transformed_floats(pass_, shape_));
}

// The gradient's order is (kernel row, kernel column, in, out).
void WinogradConv::unpack(const float* packed, float* oihw) const {
  const int64_t in = shape_.in_channels, out = shape_.out_channels,
                window = shape_.weights() / in / out;
  for (int64_t o = 0; o < out; ++o)
    for (int64_t i = 0; i < in; ++i)
      for (int64_t w = 0; w < window; ++w) *oihw++ = packed[(w * in + i) * out + o];
}

bool WinogradConv::run_transformed(const Conv2dShape& s, const ConvTile<float>& t) const {
  switch (pass_) {
    case ConvPass::kForward:
      return kernels::winograd_forward(s, t.x, t.weights, t.bias, t.y, t.scratch);
    case ConvPass::kBackwardData:
      return kernels::winograd_backward_data(s, t.y, t.weights, t.x, t.scratch);
    case ConvPass::kBackwardWeights:
      return kernels::winograd_weight_gradient(s, t.x, t.y, t.weights, t.scratch);
  }
  return false;
}

void WinogradConv::run_windows(const Conv2dShape& s, const ConvTile<float>& t) const {
  const DoubleConv conv(pass_, s, {.count = s.batch, .size = s.batch, .number = 1}, t.bias);
  const int64_t images_in = s.batch * s.image_in(), images_out = s.batch * s.image_out();
  std::vector<double> x(static_cast<size_t>(images_in)), y(static_cast<size_t>(images_out));
  std::vector<double> weights(static_cast<size_t>(s.weights())), bias;
  if (pass_ != ConvPass::kBackwardData) x.assign(t.x, t.x + images_in);
  if (pass_ != ConvPass::kForward) y.assign(t.y, t.y + images_out);
  if (pass_ != ConvPass::kBackwardWeights) {
    const float* const plain = t.weights + transformed_floats(pass_, s);
    conv.pack(std::vector<double>(plain, plain + s.weights()).data(), weights.data());
  }
  if (t.bias) bias.assign(t.bias, t.bias + s.out_channels);
  conv.run(0, {x.data(), weights.data(), t.bias ? bias.data() : nullptr, y.data()});
  if (pass_ == ConvPass::kForward) narrow(y, t.y);
  if (pass_ == ConvPass::kBackwardData) narrow(x, t.x);
  if (pass_ == ConvPass::kBackwardWeights) narrow(weights, t.weights);
}

void WinogradConv::run(int64_t tile, const ConvTile<float>& t) const {
  const Conv2dShape s = shape_.with_batch(tiles_.end(tile) - tiles_.begin(tile));
  if (!run_transformed(s, t)) run_windows(s, t);
}

}  // namespace norma
