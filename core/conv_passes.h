#pragma once

#include <cstddef>
#include <cstdint>

#include "core/kernels/conv_double.h"
#include "core/onednn.h"
#include "core/parallel.h"

// The inside of core/conv.cpp: one pass of a convolution over tiles of images, in float32 by oneDNN
// or, for 3×3 kernels, with fewer multiplications, in float64 by kernels of our own; all with one
// face. `layout` numbers the order in which the pass wants its weights (never 0), `run` computes
// one tile on the calling thread.
namespace norma {

using onednn::ConvPass;

// The operands of a tile; the weights are packed.
template <class T>
struct ConvTile {
  T* x;
  T* weights;
  T* bias;
  T* y;
  T* scratch = nullptr;  // of the calling thread, as many bytes as the pass asks for
};

class OnednnConv {
 public:
  using Number = float;
  OnednnConv(ConvPass pass, const Conv2dShape& s, const Chunks& tiles, bool with_bias)
      : last_tile_(tiles.number - 1),
        full_(&onednn::find_conv(pass, s.with_batch(tiles.size), with_bias)),
        last_(full_) {
    const int64_t rest = s.batch - tiles.begin(last_tile_);
    if (rest < tiles.size) last_ = &onednn::find_conv(pass, s.with_batch(rest), with_bias, full_);
  }
  uint64_t layout() const { return onednn::weights_layout(*full_); }
  size_t packed_bytes() const { return onednn::weights_bytes(*full_); }
  size_t scratch_bytes() const { return 0; }  // oneDNN's is its own
  void pack(const float* oihw, float* packed) const { onednn::pack_weights(*full_, oihw, packed); }
  void unpack(const float* packed, float* oihw) const {
    onednn::unpack_weights(*full_, packed, oihw);
  }
  void run(int64_t tile, const ConvTile<float>& t) const {
    onednn::run(tile == last_tile_ ? *last_ : *full_, {t.x, t.weights, t.bias, t.y});
  }

 private:
  int64_t last_tile_;
  const onednn::Conv *full_, *last_;  // the last tile may hold fewer images
};

class DoubleConv {
 public:
  using Number = double;
  DoubleConv(ConvPass pass, const Conv2dShape& s, const Chunks& tiles, bool /*with_bias*/)
      : pass_(pass), shape_(s), tiles_(tiles) {}
  uint64_t layout() const { return 1 + static_cast<uint64_t>(pass_); }
  size_t packed_bytes() const { return static_cast<size_t>(shape_.weights()) * sizeof(double); }
  size_t scratch_bytes() const { return 0; }
  void pack(const double* oihw, double* packed) const {
    if (pass_ == ConvPass::kForward) return kernels::pack_conv_forward(shape_, oihw, packed);
    kernels::pack_conv_backward(shape_, oihw, packed);
  }
  void unpack(const double* packed, double* oihw) const {
    kernels::unpack_conv(shape_, packed, oihw);
  }
  void run(int64_t tile, const ConvTile<double>& t) const {
    const Conv2dShape s = shape_.with_batch(tiles_.end(tile) - tiles_.begin(tile));
    switch (pass_) {
      case ConvPass::kForward:
        return kernels::conv_forward(s, t.x, t.weights, t.bias, t.y);
      case ConvPass::kBackwardData:
        return kernels::conv_backward_data(s, t.y, t.weights, t.x);
      case ConvPass::kBackwardWeights:
        return kernels::conv_backward_weights(s, t.x, t.y, t.weights);
    }
  }

 private:
  ConvPass pass_;
  Conv2dShape shape_;
  Chunks tiles_;
};

// By core/kernels/winograd. Packed weights are followed by the weights as they are: a tile in which
// something is not finite is computed again window by window, in float64. That is slow, and rare,
// as such a training is lost.
class WinogradConv {
 public:
  using Number = float;
  WinogradConv(ConvPass pass, const Conv2dShape& s, const Chunks& tiles, bool /*with_bias*/)
      : pass_(pass), shape_(s), tiles_(tiles) {}
  uint64_t layout() const { return kLayouts + static_cast<uint64_t>(pass_); }
  size_t packed_bytes() const;
  size_t scratch_bytes() const;
  void pack(const float* oihw, float* packed) const;
  void unpack(const float* packed, float* oihw) const;
  void run(int64_t tile, const ConvTile<float>& t) const;

 private:
  static constexpr uint64_t kLayouts = uint64_t{1} << 32;  // beyond those that oneDNN's get
  bool run_transformed(const Conv2dShape& s, const ConvTile<float>& t) const;
  void run_windows(const Conv2dShape& s, const ConvTile<float>& t) const;

  ConvPass pass_;
  Conv2dShape shape_;
  Chunks tiles_;
};

}  // namespace norma
