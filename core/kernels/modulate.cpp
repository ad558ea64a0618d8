#include "core/kernels/modulate.h"

#include <algorithm>

#include "core/parallel.h"

namespace norma::kernels {
namespace {

// Channels handled together: their sums over positions stay in the first-level cache.
constexpr int64_t kTogether = 64;

// A run of channels at all positions of one sample.
template <class T>
class Piece {
 public:
  Piece(const Modulate<T>& op, int64_t sample, int64_t first, int64_t count)
      : op_(op), sample_(sample), first_(first), count_(count) {}

  int64_t count() const { return count_; }
  int64_t sample() const { return sample_; }
  bool valid(int64_t s) const { return !op_.mask || op_.mask[sample_ * op_.positions + s]; }
  // Where the run stands in a tensor (samples, positions, channels) at a position.
  template <class P>
  P* at(P* tensor, int64_t s) const {
    return tensor + (sample_ * op_.positions + s) * op_.channels + first_;
  }
  // Where it stands among gains or offsets; null where there are none.
  template <class P>
  P* at(const Modulation<P>& from, int64_t s) const {
    const int64_t row = op_.per_position ? sample_ * op_.positions + s : sample_;
    return from.data ? from.data + row * from.stride + first_ : nullptr;
  }

 private:
  const Modulate<T>& op_;
  int64_t sample_, first_, count_;
};

template <class T, class Body>
void over_pieces(const Modulate<T>& op, Body body) {
  const int64_t runs = (op.channels + kTogether - 1) / kTogether;
  parallel_ranges(op.samples * runs, 4 * op.positions * std::min(kTogether, op.channels),
                  [&](int64_t begin, int64_t end) {
                    for (int64_t i = begin; i < end; ++i) {
                      const int64_t first = i % runs * kTogether;
                      body(Piece<T>(op, i / runs, first, std::min(kTogether, op.channels - first)));
                    }
                  });
}

// target = value for the channels of a piece.
template <class T, class Value>
void fill(T* target, int64_t count, Value value) {
  if (!target) return;
#pragma omp simd
  for (int64_t c = 0; c < count; ++c) target[c] = value(c);
}

}  // namespace

template <class T>
void modulate(const Modulate<T>& op, T* y) {
  over_pieces(op, [&](const Piece<T>& piece) {
    for (int64_t s = 0; s < op.positions; ++s) {
      T* const to = piece.at(y, s);
      if (!piece.valid(s)) {
        std::fill_n(to, piece.count(), T(0));
        continue;
      }
      const T* const x = piece.at(op.x, s);
      const T* const gain = piece.at(op.gain, s);
      const T* const offset = piece.at(op.offset, s);
      if (offset)
        fill(to, piece.count(),
             [=](int64_t c) { return op.factor * x[c] * (op.unit + gain[c]) + offset[c]; });
      else
        fill(to, piece.count(), [=](int64_t c) { return op.factor * x[c] * (op.unit + gain[c]); });
    }
  });
}

template <class T>
void modulate_backward(const Modulate<T>& op, const T* dy, T* dx, Modulation<T> dgain,
                       Modulation<T> doffset) {
  over_pieces(op, [&](const Piece<T>& piece) {
    const int64_t count = piece.count();
    double gain_sums[kTogether] = {}, offset_sums[kTogether] = {};
    for (int64_t s = 0; s < op.positions; ++s) {
      const bool valid = piece.valid(s);
      const T* const x = piece.at(op.x, s);
      const T* const from = piece.at(dy, s);
      const T* const gain = piece.at(op.gain, s);
      fill(dx ? piece.at(dx, s) : nullptr, count,
           [=](int64_t c) { return valid ? op.factor * from[c] * (op.unit + gain[c]) : T(0); });
      if (op.per_position) {
        fill(piece.at(dgain, s), count,
             [=](int64_t c) { return valid ? op.factor * from[c] * x[c] : T(0); });
        fill(piece.at(doffset, s), count, [=](int64_t c) { return valid ? from[c] : T(0); });
      } else if (valid) {
#pragma omp simd
        for (int64_t c = 0; c < count; ++c) {
          gain_sums[c] += static_cast<double>(from[c]) * static_cast<double>(x[c]);
          offset_sums[c] += static_cast<double>(from[c]);
        }
      }
    }
    if (op.per_position) return;
    fill(piece.at(dgain, 0), count,
         [&](int64_t c) { return static_cast<T>(static_cast<double>(op.factor) * gain_sums[c]); });
    fill(piece.at(doffset, 0), count, [&](int64_t c) { return static_cast<T>(offset_sums[c]); });
  });
}

template void modulate(const Modulate<float>&, float*);
template void modulate(const Modulate<double>&, double*);
template void modulate_backward(const Modulate<float>&, const float*, float*, Modulation<float>,
                                Modulation<float>);
template void modulate_backward(const Modulate<double>&, const double*, double*, Modulation<double>,
                                Modulation<double>);

}  // namespace norma::kernels
