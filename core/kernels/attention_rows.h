#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "core/kernels/vmath.h"

// What happens between the products: rows of logits become probabilities, and in the backward their
// gradients. Rows lie in scratch padded to whole registers.
namespace norma::kernels::attention {

// The keys that consecutive query rows see: row r those below limit(r), which grows by one a row in
// causal attention; and among them, where `visible` (padded to whole registers) is not null, those
// with visible[key] != 0.
template <class T>
struct SeenKeys {
  int64_t keys, first_limit, growth;
  const T* visible;
  int64_t limit(int64_t r) const { return std::clamp<int64_t>(first_limit + r * growth, 0, keys); }
};

// step(i, seen) for the registers of row r, with a mask of the keys it sees.
template <class T, class Step>
void for_each_seen(const SeenKeys<T>& keys, int64_t r, Step step) {
  using V = math::Vec<T>;
  const int64_t limit = keys.limit(r);
  for (int64_t i = 0; i < limit; i += V::lanes) {
    math::Mask<T> seen = math::Mask<T>::first(limit - i);
    if (keys.visible) seen = seen & (V::load(keys.visible + i) != V(0));
    step(i, seen);
  }
}

// Zeros from the first register behind row r's keys up to `width`.
template <class T>
void clear_unseen(T* row, const SeenKeys<T>& keys, int64_t r, int64_t width) {
  using V = math::Vec<T>;
  const int64_t begin = (keys.limit(r) + V::lanes - 1) / V::lanes * V::lanes;
  for (int64_t i = begin; i < width; i += V::lanes) V(0).store(row + i);
}

// logits → cap·tanh(logits/cap).
template <class T>
void cap_rows(T* logits, int64_t stride, int64_t rows, const SeenKeys<T>& keys, T cap) {
  using V = math::Vec<T>;
  for (int64_t r = 0; r < rows; ++r) {
    T* row = logits + r * stride;
    for_each_seen(keys, r, [=](int64_t i, auto) {
      (tanh(V::load(row + i) / V(cap)) * V(cap)).store(row + i);
    });
  }
}

// The biases of one head, for query 0: element j belongs to key j. Row r of consecutive queries
// from `first` on reads from r + first places before.
template <class T>
void add_bias_to_rows(T* logits, int64_t stride, int64_t rows, const SeenKeys<T>& keys,
                      const T* head_bias, int64_t first) {
  using V = math::Vec<T>;
  for (int64_t r = 0; r < rows; ++r) {
    T* row = logits + r * stride;
    const T* bias = head_bias - first - r;
    const int64_t limit = keys.limit(r);
    for (int64_t i = 0; i < limit; i += V::lanes)
      (V::load(row + i) + V::load_at_most(bias + i, limit - i)).store(row + i);
  }
}

// The gradient of that: adds rows of gradients of logits, 0 where a key is not seen.
template <class T>
void add_rows_to_bias(T* head_dbias, int64_t first, const T* dlogits, int64_t stride, int64_t rows,
                      const SeenKeys<T>& keys) {
  using V = math::Vec<T>;
  for (int64_t r = 0; r < rows; ++r) {
    const T* row = dlogits + r * stride;
    T* dbias = head_dbias - first - r;
    const int64_t limit = keys.limit(r);
    for (int64_t i = 0; i < limit; i += V::lanes)
      (V::load_at_most(dbias + i, limit - i) + V::load(row + i))
          .store_at_most(dbias + i, limit - i);
  }
}

template <class T>
struct RowSoftmax {
  T max;  // the largest logit seen, -infinity if none
  T sum;  // Σ exp(logit - max) over the keys seen
};

// Replaces the logits of each row by exp(logit - max), and by 0 up to `width` where it sees no key.
template <class T>
void exponentials_of_rows(T* logits, int64_t stride, int64_t rows, int64_t width,
                          const SeenKeys<T>& keys, RowSoftmax<T>* softmax) {
  using V = math::Vec<T>;
  for (int64_t r = 0; r < rows; ++r) {
    T* row = logits + r * stride;
    // A NaN may get lost in this maximum; the exponentials bring it back.
    const auto larger = [](V a, V b) { return at_least(a, b); };
    V top = -std::numeric_limits<T>::infinity();
    for_each_seen(keys, r, [&](int64_t i, auto seen) {
      top = larger(select(seen, V::load(row + i), top), top);
    });
    top = math::detail::fold<V::lanes / 2>(top, larger);
    V total = 0;
    for_each_seen(keys, r, [&](int64_t i, auto seen) {
      const V e = select(seen, exp(V::load(row + i) - top), V(0));
      e.store(row + i);
      total += e;
    });
    clear_unseen(row, keys, r, width);
    softmax[r] = {top[0], sum(total)};
  }
}

// On entry `logits` holds the logits of some rows before the cap, `dp` the gradients of their
// probabilities. Replaces them by the probabilities exp(logit - lse) and by the gradients of the
// uncapped logits, p·(dp - delta), with delta = Σ p·dp = Σ out·dout; both 0 up to `width` where a
// row sees no key.
template <bool capped, class T>
void softmax_backward_of_rows(T* logits, T* dp, int64_t stride, int64_t rows, int64_t width,
                              const SeenKeys<T>& keys, const T* lse, const T* delta, T cap) {
  using V = math::Vec<T>;
  for (int64_t r = 0; r < rows; ++r) {
    T *p_row = logits + r * stride, *dp_row = dp + r * stride;
    const V row_lse = lse[r], row_delta = delta[r];
    for_each_seen(keys, r, [=](int64_t i, auto seen) {
      V logit = V::load(p_row + i), slope = 1;
      if constexpr (capped) {
        const V t = tanh(logit / V(cap));
        logit = t * V(cap);
        slope = V(1) - t * t;
      }
      const V p = select(seen, exp(logit - row_lse), V(0));
      V gradient = p * (V::load(dp_row + i) - row_delta);
      if constexpr (capped) gradient *= slope;
      p.store(p_row + i);
      select(seen, gradient, V(0)).store(dp_row + i);
    });
    clear_unseen(p_row, keys, r, width);
    clear_unseen(dp_row, keys, r, width);
  }
}

}  // namespace norma::kernels::attention
