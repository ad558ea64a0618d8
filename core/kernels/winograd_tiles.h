#pragma once

#include <algorithm>
#include <cstdint>

#include "core/kernels/conv_shape.h"
#include "core/kernels/simd.h"
#include "core/kernels/unrolled.h"

// Images as tiles of 2×2 output pixels, and the squares of pixels that are read around them.
namespace norma::kernels::winograd {

using V = math::Vec<float>;

// Images cut into tiles of 2×2 output pixels, numbered image by image, row by row.
struct TileGrid {
  explicit TileGrid(const Conv2dShape& s)
      : rows((s.out_height() + 1) / 2),
        columns((s.out_width() + 1) / 2),
        number(s.batch * rows * columns) {}
  int64_t rows, columns, number;
};

// Neighbouring tiles of one row: `number` from `first` on, which begins at output pixel
// (row, column) of its image.
struct TileRun {
  int64_t first, number, image, row, column;
};

// Calls visit(run) for the runs that tiles [first, end) consist of.
template <class Visit>
void for_each_run(const TileGrid& grid, int64_t first, int64_t end, Visit visit) {
  while (first < end) {
    const int64_t column = first % grid.columns, row = first / grid.columns;
    const int64_t number = std::min(grid.columns - column, end - first);
    visit(TileRun{first, number, row / grid.rows, row % grid.rows * 2, column * 2});
    first += number;
  }
}

// Images (batch, height, width, channels), of which squares are read.
struct Images {
  const float* data;
  int64_t height, width, channels;

  const float* row(int64_t image, int64_t row) const {
    return data + (image * height + row) * width * channels;
  }
};

// Calls take(at, tile, channel) for every register of channels of the squares of size × size pixels
// that begin `up` and `left` of the tiles of a run; at(r, q) reads one of a pixel. Pixels outside
// of the image are read from `zeros`, which are as many as a row of the image has.
//
// Everything is passed by value: stores may alias whatever has an address, and what they may alias
// is read again after each.
template <int size, class Take>
NORMA_INLINE inline void read_squares(const Images images, const TileRun run, int64_t up,
                                      int64_t left, const float* zeros, const Take take) {
  const int64_t channels = images.channels, whole = channels / V::lanes * V::lanes;
  const float* rows[size];
  for (int r = 0; r < size; ++r) {
    const int64_t row = run.row - up + r;
    rows[r] = row >= 0 && row < images.height ? images.row(run.image, row) : zeros;
  }
  const auto registers = [=](int64_t begin, int64_t end, auto pixel) NORMA_INLINE {
    for (int64_t c = 0; c < whole; c += V::lanes) {
      for (int64_t t = begin; t < end; ++t) {
        take([=](int r, int q) NORMA_INLINE { return V::load(pixel(t, r, q) + c); }, t, c);
      }
    }
    for (int64_t t = begin; whole < channels && t < end; ++t) {
      take([=](int r, int q)
               NORMA_INLINE { return V::load_first(pixel(t, r, q) + whole, channels - whole); },
           t, whole);
    }
  };
  // Tiles [inside, outside) of the run lie between the left and the right border.
  const int64_t column = run.column - left, last = images.width - size - column;
  const int64_t inside = std::clamp<int64_t>((1 - column) / 2, 0, run.number);
  const int64_t outside = std::clamp<int64_t>(last < 0 ? 0 : last / 2 + 1, inside, run.number);
  registers(inside, outside, [=](int64_t t, int r, int q) NORMA_INLINE {
    return rows[r] + (column + 2 * t + q) * channels;
  });
  for (int64_t t = 0; t < run.number; ++t) {
    if (t == inside) t = outside;
    if (t == run.number) break;
    const float* pixels[size][size];
    for (int r = 0; r < size; ++r) {
      for (int q = 0; q < size; ++q) {
        const int64_t at = column + 2 * t + q;
        pixels[r][q] = at >= 0 && at < images.width ? rows[r] + at * channels : zeros;
      }
    }
    registers(t, t + 1, [=](int64_t, int r, int q) NORMA_INLINE { return pixels[r][q]; });
  }
}

}  // namespace norma::kernels::winograd
