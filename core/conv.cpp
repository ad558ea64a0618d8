#include "core/conv.h"

#include <algorithm>
#include <string>

#include "core/conv_passes.h"
#include "core/error.h"
#include "core/gemm.h"
#include "core/kernels/column_sum.h"
#include "core/kernels/winograd.h"
#include "core/parallel.h"

namespace norma {
namespace {

// Multiply-adds that repay handing a tile of images to a thread.
constexpr int64_t kImageTileWork = int64_t{1} << 19;
constexpr int64_t kMostImageTiles = 8;

Chunks tiles_of(const Conv2dShape& s) {
  Chunks tiles;
  tiles.count = s.batch;
  const int64_t work = s.batch * s.image_out() * s.depth();
  const int64_t number =
      std::clamp<int64_t>(work / kImageTileWork, 1, std::min(s.batch, kMostImageTiles));
  tiles.size = (s.batch + number - 1) / number;
  tiles.number = (s.batch + tiles.size - 1) / tiles.size;
  return tiles;
}

template <class T>
T* writable(const void* data) {
  return static_cast<T*>(const_cast<void*>(data));
}

// The weight in the order that `conv` wants, from the layer's copy where that is up to date.
template <class Conv, class T = typename Conv::Number>
T* packed_weights(const Conv& conv, const void* weight, ConvWeights::Copy& copy, uint64_t version) {
  const bool fits = copy.layout == conv.layout();
  if (!fits) copy.memory = Storage(conv.packed_bytes());
  T* packed = reinterpret_cast<T*>(copy.memory.data());
  if (!fits || copy.version != version) conv.pack(static_cast<const T*>(weight), packed);
  copy.layout = conv.layout();
  copy.version = version;
  return packed;
}

// Runs all tiles; x and y are those of the whole batch, and tile t has its weights at
// weights + t * weights_step.
template <class Conv>
void run_tiles(const Conv& conv, const Conv2dShape& s, const Chunks& tiles,
               const ConvTile<typename Conv::Number>& whole, int64_t weights_step = 0) {
  // For all threads at once, and not by each when it comes to run a tile: how many do so together
  // is chance, which the peak of memory must not follow.
  using T = typename Conv::Number;
  const int64_t slots = std::min<int64_t>(tiles.number, thread_count());
  constexpr size_t kLine = 64;
  const size_t slot_bytes = (conv.scratch_bytes() + kLine - 1) / kLine * kLine;
  const Storage scratch = slot_bytes ? Storage(static_cast<size_t>(slots) * slot_bytes) : Storage();
  parallel_chunks(tiles.number, [&](int64_t tile) {
    const int64_t first = tiles.begin(tile);
    // Inside another region all tiles are run by one thread, whose number may be any.
    const size_t slot = static_cast<size_t>(worker_number() % slots) * slot_bytes;
    T* const own = slot_bytes ? reinterpret_cast<T*>(scratch.data() + slot) : nullptr;
    conv.run(tile, {whole.x + first * s.image_in(), whole.weights + tile * weights_step, whole.bias,
                    whole.y + first * s.image_out(), own});
  });
}

template <class Conv, class T = typename Conv::Number>
void backward_weights(const Conv2dShape& s, const void* x, const void* dy, T* dweight) {
  const Chunks tiles = tiles_of(s);
  const Conv conv(ConvPass::kBackwardWeights, s, tiles, false);
  const int64_t elements = static_cast<int64_t>(conv.packed_bytes() / sizeof(T));
  const Storage scratch(static_cast<size_t>(tiles.number) * conv.packed_bytes());
  T* partials = reinterpret_cast<T*>(scratch.data());
  run_tiles(conv, s, tiles, {writable<T>(x), partials, nullptr, writable<T>(dy)}, elements);
  // The first tile's sum collects the others in order.
  parallel_ranges(elements, tiles.number, [&](int64_t begin, int64_t end) {
    for (int64_t tile = 1; tile < tiles.number; ++tile) {
      const T* partial = partials + tile * elements;
#pragma omp simd
      for (int64_t i = begin; i < end; ++i) partials[i] += partial[i];
    }
  });
  const Storage unpacked(static_cast<size_t>(s.weights()) * sizeof(T));
  T* sum = reinterpret_cast<T*>(unpacked.data());
  conv.unpack(partials, sum);
#pragma omp simd
  for (int64_t i = 0; i < s.weights(); ++i) dweight[i] += sum[i];
}

// A 1×1 kernel that visits every pixel is a linear layer over the channels.
bool is_linear(const Conv2dShape& s) {
  return s.kernel_h == 1 && s.kernel_w == 1 && s.stride_h == 1 && s.stride_w == 1 && s.pad_h == 0 &&
         s.pad_w == 0 && s.groups == 1;
}

template <class T>
void add_bias_gradient(const Conv2dShape& s, const void* dy, void* dbias) {
  const int64_t rows = s.batch * s.out_pixels(), columns = s.out_channels;
  const Storage scratch(static_cast<size_t>(kernels::column_sum_scratch(rows, columns)) *
                        sizeof(double));
  kernels::add_column_sums(static_cast<T*>(dbias), static_cast<const T*>(dy), rows, columns,
                           reinterpret_cast<double*>(scratch.data()));
}

// Calls body.operator()<Conv>() with the class of core/conv_passes.h that runs the convolution.
template <class Body>
void with_conv(DType dtype, const Conv2dShape& s, Body&& body) {
  if (dtype == DType::kFloat64) return body.template operator()<DoubleConv>();
  if (dtype != DType::kFloat32)
    throw Error(std::string("[conv2d] convolutions run in float32 and float64, not in ") +
                name_of(dtype));
  if (kernels::winograd_pays(s)) return body.template operator()<WinogradConv>();
  body.template operator()<OnednnConv>();
}

}  // namespace

void conv2d_forward(DType dtype, const Conv2dShape& s, const void* x, const void* weight,
                    const void* bias, void* y, ConvWeights* packed, uint64_t version) {
  check_conv2d(s);
  const int64_t in = s.in_channels, out = s.out_channels;
  if (is_linear(s)) {
    const Gemm product{.m = s.batch * s.out_pixels(), .n = out, .k = in, .transpose_b = true};
    return gemm(dtype, product, x, in, weight, in, y, out, bias);
  }
  with_conv(dtype, s, [&]<class Conv>() {
    using T = typename Conv::Number;
    const Chunks tiles = tiles_of(s);
    const Conv conv(ConvPass::kForward, s, tiles, bias != nullptr);
    ConvWeights passing;
    T* const weights = packed_weights(conv, weight, (packed ? packed : &passing)->forward, version);
    run_tiles(conv, s, tiles, {writable<T>(x), weights, writable<T>(bias), static_cast<T*>(y)});
  });
}

void conv2d_backward_data(DType dtype, const Conv2dShape& s, const void* dy, const void* weight,
                          void* dx, ConvWeights* packed, uint64_t version) {
  check_conv2d(s);
  const int64_t in = s.in_channels, out = s.out_channels;
  if (is_linear(s)) {
    const Gemm product{.m = s.batch * s.out_pixels(), .n = in, .k = out};
    return gemm(dtype, product, dy, out, weight, in, dx, in);
  }
  with_conv(dtype, s, [&]<class Conv>() {
    using T = typename Conv::Number;
    const Chunks tiles = tiles_of(s);
    const Conv conv(ConvPass::kBackwardData, s, tiles, false);
    ConvWeights passing;
    T* const weights =
        packed_weights(conv, weight, (packed ? packed : &passing)->backward_data, version);
    run_tiles(conv, s, tiles, {static_cast<T*>(dx), weights, nullptr, writable<T>(dy)});
  });
}

void conv2d_backward_weights(DType dtype, const Conv2dShape& s, const void* x, const void* dy,
                             void* dweight, void* dbias) {
  check_conv2d(s);
  with_conv(dtype, s, [&]<class Conv>() {
    using T = typename Conv::Number;
    if (dbias) add_bias_gradient<T>(s, dy, dbias);
    if (!is_linear(s)) return backward_weights<Conv>(s, x, dy, static_cast<T*>(dweight));
    const int64_t in = s.in_channels, out = s.out_channels;
    const Gemm product{
        .m = out, .n = in, .k = s.batch * s.out_pixels(), .transpose_a = true, .accumulate = true};
    gemm(dtype, product, dy, out, x, in, dweight, in);
  });
}

}  // namespace norma
