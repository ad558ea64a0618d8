#include "core/kernels/lstm_cell.h"

#include <algorithm>

#include "core/kernels/lanes.h"
#include "core/kernels/vmath.h"
#include "core/parallel.h"

namespace norma::kernels {
namespace {

using math::Vec;

// Runs valid_row(r) or else other_row(r) for every row.
template <class ValidRow, class OtherRow>
void for_each_row(const LstmShape& shape, int64_t work, ValidRow valid_row, OtherRow other_row) {
  parallel_ranges(shape.rows, work * shape.width, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      if (shape.valid && !shape.valid[r])
        other_row(r);
      else
        valid_row(r);
    }
  });
}

}  // namespace

template <class T>
void lstm_cell_forward(const LstmShape& shape, const T* from_input, const T* from_state,
                       const T* before, T* gates, T* o, T* c) {
  const int64_t width = shape.width;
  const auto step = [=](int64_t r) {
    const T *const a = from_input + r * 4 * width, *const b = from_state + r * 4 * width;
    T* const kept = gates + r * 3 * width;
    math::for_each_register<T>(width, [=](int64_t j, auto lanes) {
      const auto sum = [=](int64_t gate) {
        return lanes.load(a + gate * width + j) + lanes.load(b + gate * width + j);
      };
      const Vec<T> i = sigmoid(sum(0)), f = sigmoid(sum(1)), g = tanh(sum(2));
      lanes.store(kept + j, i);
      lanes.store(kept + width + j, f);
      lanes.store(kept + 2 * width + j, g);
      lanes.store(o + r * width + j, sigmoid(sum(3)));
      lanes.store(c + r * width + j, f * lanes.load(before + r * width + j) + i * g);
    });
  };
  const auto pass = [=](int64_t r) {
    std::fill_n(gates + r * 3 * width, 3 * width, T(0));
    std::fill_n(o + r * width, width, T(0));
    std::copy_n(before + r * width, width, c + r * width);
  };
  for_each_row(shape, 60, step, pass);
}

template <class T>
void lstm_cell_backward(const LstmShape& shape, const T* gates, const T* o, const T* before,
                        const T* dc, const T* do_, T* da, T* dbefore) {
  const int64_t width = shape.width;
  const auto step = [=](int64_t r) {
    const T* const kept = gates + r * 3 * width;
    T* const d = da + r * 4 * width;
    math::for_each_register<T>(width, [=](int64_t j, auto lanes) {
      const int64_t at = r * width + j;
      const Vec<T> i = lanes.load(kept + j), f = lanes.load(kept + width + j);
      const Vec<T> g = lanes.load(kept + 2 * width + j), out = lanes.load(o + at);
      const Vec<T> dcell = dc ? lanes.load(dc + at) : Vec<T>(0);
      const Vec<T> dout = do_ ? lanes.load(do_ + at) : Vec<T>(0);
      lanes.store(d + j, dcell * g * i * (Vec<T>(1) - i));
      lanes.store(d + width + j, dcell * lanes.load(before + at) * f * (Vec<T>(1) - f));
      lanes.store(d + 2 * width + j, dcell * i * (Vec<T>(1) - g * g));
      lanes.store(d + 3 * width + j, dout * out * (Vec<T>(1) - out));
      lanes.store(dbefore + at, dcell * f);
    });
  };
  const auto pass = [=](int64_t r) {
    std::fill_n(da + r * 4 * width, 4 * width, T(0));
    if (dc)
      std::copy_n(dc + r * width, width, dbefore + r * width);
    else
      std::fill_n(dbefore + r * width, width, T(0));
  };
  for_each_row(shape, 20, step, pass);
}

template <class T>
void lstm_output_forward(const LstmShape& shape, const T* o, const T* x, const T* before, T* h) {
  const int64_t width = shape.width;
  const auto step = [=](int64_t r) {
    math::for_each_register<T>(width, [=](int64_t j, auto lanes) {
      const int64_t at = r * width + j;
      lanes.store(h + at, lanes.load(o + at) * tanh(lanes.load(x + at)));
    });
  };
  const auto pass = [=](int64_t r) { std::copy_n(before + r * width, width, h + r * width); };
  for_each_row(shape, 20, step, pass);
}

template <class T>
void lstm_output_backward(const LstmShape& shape, const T* o, const T* x, const T* dh, T* do_,
                          T* dx, T* dbefore) {
  const int64_t width = shape.width;
  const auto step = [=](int64_t r) {
    math::for_each_register<T>(width, [=](int64_t j, auto lanes) {
      const int64_t at = r * width + j;
      const Vec<T> t = tanh(lanes.load(x + at)), d = lanes.load(dh + at);
      lanes.store(do_ + at, d * t);
      lanes.store(dx + at, d * lanes.load(o + at) * (Vec<T>(1) - t * t));
      if (dbefore) lanes.store(dbefore + at, Vec<T>(0));
    });
  };
  const auto pass = [=](int64_t r) {
    std::fill_n(do_ + r * width, width, T(0));
    std::fill_n(dx + r * width, width, T(0));
    if (dbefore) std::copy_n(dh + r * width, width, dbefore + r * width);
  };
  for_each_row(shape, 20, step, pass);
}

#define NORMA_INSTANTIATE(T)                                                                   \
  template void lstm_cell_forward(const LstmShape&, const T*, const T*, const T*, T*, T*, T*); \
  template void lstm_cell_backward(const LstmShape&, const T*, const T*, const T*, const T*,   \
                                   const T*, T*, T*);                                          \
  template void lstm_output_forward(const LstmShape&, const T*, const T*, const T*, T*);       \
  template void lstm_output_backward(const LstmShape&, const T*, const T*, const T*, T*, T*, T*);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
