#include "core/kernels/conv_double.h"

#include <algorithm>
#include <vector>

#include "core/kernels/im2col.h"
#include "core/kernels/packed_gemm.h"

namespace norma::kernels {
namespace {

// Elements of the gathered matrix held at a time: a mebibyte, half of a usual second-level cache.
constexpr int64_t kGathered = 128 * 1024;

// Calls body(group, image, first pixel, number of pixels, scratch for their windows).
template <class Body>
void for_each_block(const Conv2dShape& s, Body&& body) {
  const int64_t pixels = s.out_pixels();
  const int64_t block = std::clamp<int64_t>(kGathered / s.depth(), 1, pixels);
  thread_local std::vector<double> columns;
  const size_t needed = static_cast<size_t>(block * s.depth());
  if (columns.size() < needed) columns.resize(needed);
  for (int64_t group = 0; group < s.groups; ++group) {
    for (int64_t image = 0; image < s.batch; ++image) {
      for (int64_t first = 0; first < pixels; first += block) {
        body(group, image, first, std::min(block, pixels - first), columns.data());
      }
    }
  }
}

// Calls move(position in OIHW, group, position within (kernel row, kernel column, channel), output
// channel within the group) for every weight.
template <class Move>
void for_each_weight(const Conv2dShape& s, Move&& move) {
  int64_t oihw = 0;
  for (int64_t o = 0; o < s.out_channels; ++o)
    for (int64_t i = 0; i < s.group_in(); ++i)
      for (int64_t window = 0; window < s.kernel_h * s.kernel_w; ++window)
        move(oihw++, o / s.group_out(), window * s.group_in() + i, o % s.group_out());
}

int64_t forward_place(const Conv2dShape& s, int64_t group, int64_t d, int64_t o) {
  return (group * s.depth() + d) * s.group_out() + o;
}

}  // namespace

void pack_conv_forward(const Conv2dShape& s, const double* oihw, double* packed) {
  for_each_weight(s, [&](int64_t from, int64_t group, int64_t d, int64_t o) {
    packed[forward_place(s, group, d, o)] = oihw[from];
  });
}

void pack_conv_backward(const Conv2dShape& s, const double* oihw, double* packed) {
  for_each_weight(s, [&](int64_t from, int64_t group, int64_t d, int64_t o) {
    packed[(group * s.group_out() + o) * s.depth() + d] = oihw[from];
  });
}

void unpack_conv(const Conv2dShape& s, const double* packed, double* oihw) {
  for_each_weight(s, [&](int64_t to, int64_t group, int64_t d, int64_t o) {
    oihw[to] = packed[forward_place(s, group, d, o)];
  });
}

void conv_forward(const Conv2dShape& s, const double* x, const double* packed_forward,
                  const double* bias, double* y) {
  const int64_t out = s.group_out();
  for_each_block(
      s, [&](int64_t group, int64_t image, int64_t first, int64_t pixels, double* columns) {
        im2col(s, group, first, pixels, x + image * s.image_in(), columns);
        packed_gemm<double>(pixels, out, s.depth(), {columns, s.depth(), 1},
                            {packed_forward + group * s.depth() * out, out, 1},
                            y + image * s.image_out() + first * s.out_channels + group * out,
                            s.out_channels, false, bias ? bias + group * out : nullptr);
      });
}

void conv_backward_data(const Conv2dShape& s, const double* dy, const double* packed_backward,
                        double* dx) {
  const int64_t out = s.group_out();
  std::fill_n(dx, s.batch * s.image_in(), 0.0);
  for_each_block(
      s, [&](int64_t group, int64_t image, int64_t first, int64_t pixels, double* columns) {
        const double* dy_block = dy + image * s.image_out() + first * s.out_channels + group * out;
        packed_gemm<double>(pixels, s.depth(), out, {dy_block, s.out_channels, 1},
                            {packed_backward + group * out * s.depth(), s.depth(), 1}, columns,
                            s.depth(), false, nullptr);
        col2im(s, group, first, pixels, columns, dx + image * s.image_in());
      });
}

void conv_backward_weights(const Conv2dShape& s, const double* x, const double* dy,
                           double* packed_dweight) {
  const int64_t out = s.group_out();
  std::fill_n(packed_dweight, s.weights(), 0.0);
  for_each_block(
      s, [&](int64_t group, int64_t image, int64_t first, int64_t pixels, double* columns) {
        im2col(s, group, first, pixels, x + image * s.image_in(), columns);
        const double* dy_block = dy + image * s.image_out() + first * s.out_channels + group * out;
        packed_gemm<double>(s.depth(), out, pixels, {columns, 1, s.depth()},
                            {dy_block, s.out_channels, 1}, packed_dweight + group * s.depth() * out,
                            out, true, nullptr);
      });
}

}  // namespace norma::kernels
