#include "core/kernels/winograd.h"

#include <algorithm>

#include "core/kernels/round_up.h"
#include "core/kernels/small_product.h"
#include "core/kernels/winograd_tiles.h"
#include "core/kernels/winograd_transforms.h"

namespace norma::kernels {
namespace {

using namespace winograd;

constexpr int kPositions = 16;  // of a transformed tile

// Floats of transformed tiles that are worked on at a time: they and the weights of a position stay
// in the second-level cache.
constexpr int64_t kBlockFloats = 24 * 1024;
constexpr int64_t kTileMultiple = 12;  // rows of small_product's tiles

int64_t whole_registers(int64_t channels) { return round_up(channels, V::lanes); }

// Transformed tiles: (position, tile, channel), rows of channels filled up to whole registers.
struct Block {
  float* data;
  int64_t tiles, channels;

  int64_t position_step() const { return tiles * channels; }
  int64_t floats() const { return kPositions * position_step(); }
  float* position(int p) const { return data + p * position_step(); }
};

int64_t tiles_of_block(const TileGrid& grid, int64_t channels) {
  const int64_t fit = kBlockFloats / (kPositions * channels) / kTileMultiple * kTileMultiple;
  return std::min(std::max(fit, kTileMultiple), grid.number);
}

// The transformed input and what becomes the output, one behind the other in scratch memory.
struct Blocks {
  explicit Blocks(const Conv2dShape& s, float* scratch = nullptr) {
    const int64_t in_channels = whole_registers(s.in_channels);
    const int64_t out_channels = whole_registers(s.out_channels);
    const int64_t tiles = tiles_of_block(TileGrid(s), in_channels + out_channels);
    in = {scratch, tiles, in_channels};
    out = {scratch ? scratch + in.floats() : nullptr, tiles, out_channels};
  }
  Block in, out;
};

int64_t longest_row(const Conv2dShape& s) {
  return std::max(s.width * s.in_channels, s.out_width() * s.out_channels);
}

// v = Bᵀ d B of tiles [first, end).
void transform_input(const Conv2dShape& s, const TileGrid& grid, const float* x, int64_t first,
                     int64_t end, const float* zeros, const Block& v) {
  const Images images{x, s.height, s.width, s.in_channels};
  for_each_run(grid, first, end, [=](const TileRun& run) {
    float* const begin = v.data + (run.first - first) * v.channels;
    const int64_t step = v.position_step(), channels = v.channels;
    read_squares<4>(
        images, run, s.pad_h, s.pad_w, zeros, [=](auto at, int64_t t, int64_t c) NORMA_INLINE {
          float* const to = begin + t * channels + c;
          winograd::input(at, [=](int i, int j, V value)
                                  NORMA_INLINE { value.store(to + (4 * i + j) * step); });
        });
  });
}

// z = A dy Aᵀ of tiles [first, end).
void transform_output_gradient(const Conv2dShape& s, const TileGrid& grid, const float* dy,
                               int64_t first, int64_t end, const float* zeros, const Block& z) {
  const Images images{dy, s.out_height(), s.out_width(), s.out_channels};
  for_each_run(grid, first, end, [=](const TileRun& run) {
    float* const begin = z.data + (run.first - first) * z.channels;
    const int64_t step = z.position_step(), channels = z.channels;
    read_squares<2>(images, run, 0, 0, zeros, [=](auto at, int64_t t, int64_t c) NORMA_INLINE {
      float* const to = begin + t * channels + c;
      winograd::output_gradient(
          at, [=](int i, int j, V value) NORMA_INLINE { value.store(to + (4 * i + j) * step); });
    });
  });
}

// y = Aᵀ m A + bias of tiles [first, end); pixels beyond the image are left out. Returns zeros, or
// NaN where something is not finite.
V transform_output(const Conv2dShape& s, const TileGrid& grid, const Block& m, int64_t first,
                   int64_t end, const float* bias, float* y) {
  const int64_t channels = s.out_channels, step = m.position_step(), tile_step = m.channels;
  const int64_t height = s.out_height(), width = s.out_width(), row_step = width * channels;
  V spoiled(0);
  for_each_run(grid, first, end, [=, &spoiled](const TileRun& run) {
    const float* const from = m.data + (run.first - first) * tile_step;
    float* const to = y + ((run.image * height + run.row) * width + run.column) * channels;
    const bool two_rows = run.row + 1 < height;
    const int64_t whole_tiles = std::min(run.number, (width - run.column) / 2);
    V here(0);
    for (int64_t c = 0; c < channels; c += V::lanes) {
      const int64_t left = channels - c;
      const V shift = bias ? V::load_at_most(bias + c, left) : V(0);
      for (int64_t t = 0; t < run.number; ++t) {
        const bool two_columns = t < whole_tiles;
        const float* const in = from + t * tile_step + c;
        float* const corner = to + 2 * t * channels + c;
        winograd::output([=](int i, int j)
                             NORMA_INLINE { return V::load(in + (4 * i + j) * step); },
                         [=, &here](int r, int q, V value) NORMA_INLINE {
                           if ((r == 1 && !two_rows) || (q == 1 && !two_columns)) return;
                           value += shift;
                           here += value * V(0);
                           value.store_at_most(corner + r * row_step + q * channels, left);
                         });
      }
    }
    spoiled += here;
  });
  return spoiled;
}

bool finite(V spoiled) {
  for (int lane = 0; lane < V::lanes; ++lane)
    if (spoiled[lane] != 0) return false;
  return true;
}

// The convolution whose forward pass is the data gradient of `s`: channels exchanged, kernel turned
// around.
Conv2dShape adjoint(const Conv2dShape& s) {
  Conv2dShape a = s;
  a.height = s.out_height();
  a.width = s.out_width();
  a.in_channels = s.out_channels;
  a.out_channels = s.in_channels;
  a.pad_h = 2 - s.pad_h;
  a.pad_w = 2 - s.pad_w;
  return a;
}

// Transformed weights (position, from, to), rows of `to` filled up with zeros; tap(from, to, row,
// column) is one of the kernel's.
template <class Tap>
void transform_weights(int64_t from, int64_t to, float* transformed, Tap tap) {
  const int64_t row = whole_registers(to);
  std::fill_n(transformed, kPositions * from * row, 0.0f);
  for (int64_t f = 0; f < from; ++f) {
    for (int64_t t = 0; t < to; ++t) {
      float g[3][3], u[4][4];
      for (int r = 0; r < 3; ++r)
        for (int q = 0; q < 3; ++q) g[r][q] = tap(f, t, r, q);
      winograd::kernel(g, u);
      for (int p = 0; p < kPositions; ++p) transformed[(p * from + f) * row + t] = u[p / 4][p % 4];
    }
  }
}

}  // namespace

bool winograd_pays(const Conv2dShape& s) {
  const bool fits = s.kernel_h == 3 && s.kernel_w == 3 && s.stride_h == 1 && s.stride_w == 1 &&
                    s.dilation_h == 1 && s.dilation_w == 1 && s.groups == 1 && s.pad_h <= 2 &&
                    s.pad_w <= 2;
  // Channels repay transforming; tiles that hang over the border compute what nobody wants.
  constexpr int64_t kLeastChannels = 8;
  const int64_t tiles = (s.out_height() + 1) / 2 * ((s.out_width() + 1) / 2);
  return fits && std::min(s.in_channels, s.out_channels) >= kLeastChannels &&
         4 * tiles * kPositions <= 3 * s.out_pixels() * 9;
}

int64_t winograd_forward_weights(const Conv2dShape& s) {
  return kPositions * s.in_channels * whole_registers(s.out_channels);
}
int64_t winograd_backward_weights(const Conv2dShape& s) {
  return winograd_forward_weights(adjoint(s));
}

void transform_weights_forward(const Conv2dShape& s, const float* oihw, float* transformed) {
  transform_weights(s.in_channels, s.out_channels, transformed,
                    [&](int64_t in, int64_t out, int r, int q) {
                      return oihw[(out * s.in_channels + in) * 9 + 3 * r + q];
                    });
}

void transform_weights_backward(const Conv2dShape& s, const float* oihw, float* transformed) {
  transform_weights(s.out_channels, s.in_channels, transformed,
                    [&](int64_t out, int64_t in, int r, int q) {
                      return oihw[(out * s.in_channels + in) * 9 + 3 * (2 - r) + (2 - q)];
                    });
}

int64_t winograd_forward_scratch(const Conv2dShape& s) {
  const Blocks blocks(s);
  return blocks.in.floats() + blocks.out.floats() + s.width * s.in_channels;
}
int64_t winograd_backward_scratch(const Conv2dShape& s) {
  return winograd_forward_scratch(adjoint(s));
}
int64_t winograd_gradient_scratch(const Conv2dShape& s) {
  const Blocks blocks(s);
  return blocks.in.floats() + blocks.out.floats() +
         kPositions * s.in_channels * blocks.out.channels + longest_row(s);
}

bool winograd_forward(const Conv2dShape& s, const float* x, const float* transformed,
                      const float* bias, float* y, float* scratch) {
  const TileGrid grid(s);
  const Blocks blocks(s, scratch);
  const Block &v = blocks.in, &m = blocks.out;
  const int64_t in = v.channels, out = m.channels;
  float* const zeros = m.data + m.floats();
  std::fill_n(zeros, s.width * s.in_channels, 0.0f);
  V spoiled(0);
  for (int64_t first = 0; first < grid.number; first += v.tiles) {
    const int64_t end = std::min(first + v.tiles, grid.number);
    transform_input(s, grid, x, first, end, zeros, v);
    for (int p = 0; p < kPositions; ++p) {
      small_product({.m = end - first,
                     .n = out,
                     .k = s.in_channels,
                     .a = v.position(p),
                     .a_row = in,
                     .a_column = 1,
                     .b = transformed + p * s.in_channels * out,
                     .b_row = out,
                     .c = m.position(p),
                     .c_row = out,
                     .accumulate = false});
    }
    spoiled += transform_output(s, grid, m, first, end, bias, y);
  }
  return finite(spoiled);
}

bool winograd_backward_data(const Conv2dShape& s, const float* dy, const float* transformed,
                            float* dx, float* scratch) {
  return winograd_forward(adjoint(s), dy, transformed, nullptr, dx, scratch);
}

bool winograd_weight_gradient(const Conv2dShape& s, const float* x, const float* dy, float* dweight,
                              float* scratch) {
  const TileGrid grid(s);
  const Blocks blocks(s, scratch);
  const Block &v = blocks.in, &z = blocks.out;
  const int64_t in = v.channels, out = z.channels;
  const int64_t step = s.in_channels * out;  // of the sums from position to position
  float* const sums = z.data + z.floats();
  float* const zeros = sums + kPositions * step;
  std::fill_n(zeros, longest_row(s), 0.0f);
  for (int64_t first = 0; first < grid.number; first += v.tiles) {
    const int64_t end = std::min(first + v.tiles, grid.number);
    transform_input(s, grid, x, first, end, zeros, v);
    transform_output_gradient(s, grid, dy, first, end, zeros, z);
    for (int p = 0; p < kPositions; ++p) {
      small_product({.m = s.in_channels,
                     .n = out,
                     .k = end - first,
                     .a = v.position(p),
                     .a_row = 1,
                     .a_column = in,
                     .b = z.position(p),
                     .b_row = out,
                     .c = sums + p * step,
                     .c_row = out,
                     .accumulate = first > 0});
    }
  }
  V spoiled(0);
  for (int64_t i = 0; i < s.in_channels; ++i) {
    for (int64_t o = 0; o < s.out_channels; o += V::lanes) {
      winograd::kernel_gradient(
          [&](int r, int q)
              NORMA_INLINE { return V::load(sums + (4 * r + q) * step + i * out + o); },
          [&](int r, int q, V value) NORMA_INLINE {
            spoiled += value * V(0);
            value.store_at_most(dweight + ((3 * r + q) * s.in_channels + i) * s.out_channels + o,
                                s.out_channels - o);
          });
    }
  }
  return finite(spoiled);
}

}  // namespace norma::kernels
