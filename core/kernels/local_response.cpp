#include "core/kernels/local_response.h"

#include <algorithm>

#include "core/kernels/norm/moments_exact.h"
#include "core/kernels/norm/row_moments.h"
#include "core/kernels/vmath.h"
#include "core/parallel.h"
#include "core/pool.h"

namespace norma::kernels {

using math::Vec;

namespace {

// One row in precision R, with room for what its loops keep.
template <class R>
class Row {
 public:
  template <class T>
  explicit Row(const LocalResponse<T>& norm)
      : channels_(norm.channels),
        size_(norm.size),
        before_(norm.size / 2),
        scale_(static_cast<R>(norm.alpha / static_cast<double>(norm.size))),
        beta_(static_cast<R>(norm.beta)),
        k_(static_cast<R>(norm.k)),
        memory_(static_cast<size_t>(6 * channels_ + size_) * sizeof(R)) {}

  R* x() const { return at(0); }
  R* dy() const { return at(1); }
  R* result() const { return at(2); }

  void forward() const {
    measure();
    over_registers([&](int64_t c, int64_t n) {
      const Vec<R> x = load(this->x() + c, n), power = load(powers() + c, n);
      (x * power).store_at_most(result() + c, n);
    });
  }

  // dx_i = dy_i·p_i − 2αβ/n·x_i·Σ dy_c x_c p_c/d_c over the channels c that have i for a neighbour.
  void backward() const {
    measure();
    const int64_t after = size_ - 1 - before_;
    R* const terms = clear_window(after);
    over_registers([&](int64_t c, int64_t n) {
      const Vec<R> x = load(this->x() + c, n), dy = load(this->dy() + c, n);
      (dy * x * load(powers() + c, n) / load(bases() + c, n)).store_at_most(terms + c, n);
    });
    over_registers([&](int64_t c, int64_t n) {
      const Vec<R> x = load(this->x() + c, n), dy = load(this->dy() + c, n);
      const Vec<R> through = x * (window_sum(c, n) * (R(-2) * scale_ * beta_));
      (dy * load(powers() + c, n) + through).store_at_most(result() + c, n);
    });
  }

 private:
  R* at(int64_t array) const { return reinterpret_cast<R*>(memory_.data()) + array * channels_; }
  R* powers() const { return at(3); }  // d^−β
  R* bases() const { return at(4); }   // d = k + α/n·Σ x²
  R* window() const { return at(5); }  // channels + size − 1, zeros around
  static Vec<R> load(const R* p, int64_t n) { return Vec<R>::load_at_most(p, n); }

  template <class Body>
  void over_registers(Body body) const {
    for (int64_t c = 0; c < channels_; c += Vec<R>::lanes) body(c, channels_ - c);
  }
  // The window with `zeros` zeros in front; gives where the first channel stands.
  R* clear_window(int64_t zeros) const {
    std::fill_n(window(), channels_ + size_, R(0));
    return window() + zeros;
  }
  Vec<R> window_sum(int64_t c, int64_t n) const {
    Vec<R> sum(R(0));
    for (int64_t k = 0; k < size_; ++k) sum += load(window() + c + k, n);
    return sum;
  }
  // powers and bases from x.
  void measure() const {
    R* const squares = clear_window(before_);
    over_registers([&](int64_t c, int64_t n) {
      const Vec<R> x = load(this->x() + c, n);
      (x * x).store_at_most(squares + c, n);
    });
    over_registers([&](int64_t c, int64_t n) {
      const Vec<R> base = window_sum(c, n) * scale_ + k_;
      base.store_at_most(bases() + c, n);
      exp(log(base) * -beta_).store_at_most(powers() + c, n);
    });
  }

  int64_t channels_, size_, before_;
  R scale_, beta_, k_;
  Storage memory_;
};

// Runs body(row in precision R, x, dy, result) with R = double for rows whose squares floats cannot
// hold.
template <class T, class Body>
void over_rows(const LocalResponse<T>& norm, const T* dy, T* result, Body body) {
  const int64_t channels = norm.channels;
  const auto run = [&](const auto& row, int64_t i) {
    const auto widen = [](T value) { return widened(value); };
    std::transform(norm.x + i * channels, norm.x + (i + 1) * channels, row.x(), widen);
    if (dy) std::transform(dy + i * channels, dy + (i + 1) * channels, row.dy(), widen);
    body(row);
    std::transform(row.result(), row.result() + channels, result + i * channels,
                   [](auto value) { return static_cast<T>(value); });
  };
  parallel_ranges(norm.rows, channels * (norm.size + 40), [&](int64_t begin, int64_t end) {
    const Row<T> plain(norm);
    const Row<double> wide(norm);
    for (int64_t i = begin; i < end; ++i) {
      if (norm.mask && !norm.mask[i]) {
        std::fill_n(result + i * channels, channels, T(0));
        continue;
      }
      const double squares = row_sum_of_squares(norm.x + i * channels, channels);
      const bool beyond = squares > 0 && doubtful(squares, static_cast<double>(channels));
      beyond ? run(wide, i) : run(plain, i);
    }
  });
}

}  // namespace

template <class T>
void local_response(const LocalResponse<T>& norm, T* y) {
  const T* const none = nullptr;
  over_rows(norm, none, y, [](const auto& row) { row.forward(); });
}

template <class T>
void local_response_backward(const LocalResponse<T>& norm, const T* dy, T* dx) {
  over_rows(norm, dy, dx, [](const auto& row) { row.backward(); });
}

template void local_response(const LocalResponse<float>&, float*);
template void local_response(const LocalResponse<double>&, double*);
template void local_response_backward(const LocalResponse<float>&, const float*, float*);
template void local_response_backward(const LocalResponse<double>&, const double*, double*);

}  // namespace norma::kernels
