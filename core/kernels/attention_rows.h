#pragma once

#include <cstdint>
#include <limits>

#include "core/kernels/lanes.h"
#include "core/kernels/vmath.h"

// What happens between the products: a row of logits becomes probabilities, and in the backward
// their gradients. Rows lie in scratch padded to whole registers.
namespace norma::kernels::attention {

// The keys a row sees: those below `limit`, and among them those with visible[key] != 0 where
// `visible`, padded to whole registers, is not null.
template <class T>
struct RowOfKeys {
  int64_t limit;
  const T* visible;
};

template <class T>
struct VisibleLanes {
  math::Mask<T> mask;
  math::Vec<T> keep(math::Vec<T> v, math::Vec<T> otherwise) const {
    return select(mask, v, otherwise);
  }
};

// step(i, lanes) for the registers of a row; lanes.keep(v, otherwise) selects what the row sees.
template <class T, class Step>
void for_each_seen(RowOfKeys<T> keys, Step step) {
  using V = math::Vec<T>;
  int64_t i = 0;
  if (keys.visible) {
    for (; i < keys.limit; i += V::lanes) {
      const math::Mask<T> seen = V::load(keys.visible + i) != V(0);
      step(i, VisibleLanes<T>{seen & math::Mask<T>::first(keys.limit - i)});
    }
    return;
  }
  for (; i + V::lanes <= keys.limit; i += V::lanes) step(i, math::AllLanes<T>{});
  if (i < keys.limit) step(i, VisibleLanes<T>{math::Mask<T>::first(keys.limit - i)});
}

// Zeros from the first register behind the row's keys up to `width`.
template <class T>
void clear_unseen(T* row, RowOfKeys<T> keys, int64_t width) {
  using V = math::Vec<T>;
  const int64_t begin = (keys.limit + V::lanes - 1) / V::lanes * V::lanes;
  for (int64_t i = begin; i < width; i += V::lanes) V(0).store(row + i);
}

template <class T>
struct RowSoftmax {
  T max;  // the largest logit seen, -infinity if none
  T sum;  // Σ exp(logit - max) over the keys seen
};

// Replaces the logits of a row by exp(logit - max), and by 0 where it sees no key. cap > 0: the
// logits become cap·tanh(logit/cap) first.
template <class T>
RowSoftmax<T> exponentials_of_row(T* row, RowOfKeys<T> keys, T cap) {
  using V = math::Vec<T>;
  if (cap > 0) {
    for_each_seen(
        keys, [=](int64_t i, auto) { (tanh(V::load(row + i) / V(cap)) * V(cap)).store(row + i); });
  }
  // A NaN may get lost in this maximum; the exponentials bring it back.
  V top = -std::numeric_limits<T>::infinity();
  for_each_seen(keys, [&](int64_t i, auto lanes) {
    const V logit = V::load(row + i);
    top = select(lanes.keep(logit, top) > top, logit, top);
  });
  const V max = hmax(top);
  V total = 0;
  for_each_seen(keys, [&](int64_t i, auto lanes) {
    const V e = lanes.keep(exp(V::load(row + i) - max), V(0));
    e.store(row + i);
    total += e;
  });
  return {max[0], sum(total)};
}

// On entry `logits` holds a row's logits before the cap and `dp` the gradient of its probabilities.
// Replaces them by the probabilities exp(logit - lse) and by the gradient of the uncapped logits,
// p·(dp - delta), with delta = Σ p·dp = Σ out·dout; both 0 where the row sees no key.
template <class T>
void softmax_backward_of_row(T* logits, T* dp, RowOfKeys<T> keys, T lse, T delta, T cap) {
  using V = math::Vec<T>;
  if (cap > 0) {
    for_each_seen(keys, [=](int64_t i, auto lanes) {
      const V t = tanh(V::load(logits + i) / V(cap));
      const V p = lanes.keep(exp(t * V(cap) - V(lse)), V(0));
      p.store(logits + i);
      const V slope = V(1) - t * t;
      lanes.keep(p * (V::load(dp + i) - V(delta)) * slope, V(0)).store(dp + i);
    });
  } else {
    for_each_seen(keys, [=](int64_t i, auto lanes) {
      const V p = lanes.keep(exp(V::load(logits + i) - V(lse)), V(0));
      p.store(logits + i);
      lanes.keep(p * (V::load(dp + i) - V(delta)), V(0)).store(dp + i);
    });
  }
}

}  // namespace norma::kernels::attention
