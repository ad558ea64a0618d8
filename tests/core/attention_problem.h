#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/kernels/attention.h"
#include "tests/core/numbers.h"

// The attention kernel's inputs and outputs, and its definition to hold it against.
namespace norma {

using kernels::AttentionOptions;
using kernels::AttentionShape;
using kernels::AttentionView;

// Query, key, value and the gradient of the output, as rows of packed projections: q, k and v are
// parts of one (batch, tokens, (heads + 2·kv_heads)·width) array where their lengths agree.
template <class T>
struct AttentionProblem {
  AttentionShape shape;
  std::vector<T> q, k, v, dout;
};

template <class T>
std::vector<T> noise(int64_t count, uint32_t seed) {
  std::vector<T> values(static_cast<size_t>(count));
  uint32_t state = seed * 2654435761u + 12345u;
  for (T& value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<T>(static_cast<double>(state >> 8) / (1 << 23) - 1.0);
  }
  return values;
}

template <class T>
AttentionProblem<T> make_problem(const AttentionShape& s) {
  const int64_t q_size = s.batch * s.queries * s.heads * s.head_width;
  const int64_t k_size = s.batch * s.keys * s.kv_heads * s.head_width;
  return {s, noise<T>(q_size, 1), noise<T>(k_size, 2), noise<T>(k_size, 3), noise<T>(q_size, 4)};
}

template <class T>
struct Result {
  std::vector<T> out, lse, dq, dk, dv;
};

// (batch, tokens, heads, width), contiguous.
template <class V>
auto view_of(V& values, int64_t tokens, int64_t heads, int64_t width) {
  using E = std::remove_pointer_t<decltype(values.data())>;
  return AttentionView<E>{values.data(), tokens * heads * width, heads * width, width};
}

struct Aligned {
  explicit Aligned(size_t bytes) : memory(bytes + 64) {}
  void* get() {
    const auto at = reinterpret_cast<uintptr_t>(memory.data());
    return reinterpret_cast<void*>((at + 63) / 64 * 64);
  }
  std::vector<char> memory;
};

template <class T>
Result<T> run(const AttentionProblem<T>& p, const AttentionOptions& options) {
  const AttentionShape& s = p.shape;
  const T unset = std::numeric_limits<T>::quiet_NaN();
  Result<T> r;
  r.out.assign(p.q.size(), unset);
  r.lse.assign(static_cast<size_t>(s.batch * s.heads * s.queries), unset);
  r.dq.assign(p.q.size(), unset);
  r.dk.assign(p.k.size(), unset);
  r.dv.assign(p.k.size(), unset);
  const auto q = view_of(p.q, s.queries, s.heads, s.head_width);
  const auto k = view_of(p.k, s.keys, s.kv_heads, s.head_width);
  const auto v = view_of(p.v, s.keys, s.kv_heads, s.head_width);
  const auto dout = view_of(p.dout, s.queries, s.heads, s.head_width);
  const auto out = view_of(r.out, s.queries, s.heads, s.head_width);
  Aligned forward(kernels::attention_forward_workspace<T>(s));
  kernels::attention_forward<T>(s, options, q, k, v, out, r.lse.data(), forward.get());
  Aligned backward(kernels::attention_backward_workspace<T>(s));
  kernels::attention_backward<T>(
      s, options, q, k, v, {out.data, out.batch_stride, out.row_stride, out.head_stride},
      r.lse.data(), dout, view_of(r.dq, s.queries, s.heads, s.head_width),
      view_of(r.dk, s.keys, s.kv_heads, s.head_width),
      view_of(r.dv, s.keys, s.kv_heads, s.head_width), backward.get());
  return r;
}

// The definition, one query at a time, in double.
template <class T>
Result<double> reference(const AttentionProblem<T>& p, const AttentionOptions& o) {
  const AttentionShape& s = p.shape;
  Result<double> r;
  r.out.assign(p.q.size(), 0);
  r.dq.assign(p.q.size(), 0);
  r.dk.assign(p.k.size(), 0);
  r.dv.assign(p.k.size(), 0);
  r.lse.assign(static_cast<size_t>(s.batch * s.heads * s.queries), -kInf);
  const auto at = [&](int64_t b, int64_t t, int64_t h, int64_t tokens, int64_t heads) {
    return static_cast<size_t>(((b * tokens + t) * heads + h) * s.head_width);
  };
  const size_t width = static_cast<size_t>(s.head_width);
  for (int64_t b = 0; b < s.batch; ++b) {
    for (int64_t h = 0; h < s.heads; ++h) {
      const int64_t g = h / (s.heads / s.kv_heads);
      for (int64_t i = 0; i < s.queries; ++i) {
        const size_t qi = at(b, i, h, s.queries, s.heads);
        std::vector<double> logit(static_cast<size_t>(s.keys), -kInf), slope(logit.size(), 0);
        double largest = -kInf, total = 0;
        for (int64_t j = 0; j < s.keys; ++j) {
          if (o.causal && j > i + o.query_offset) continue;
          if (o.key_mask && !o.key_mask[b * s.keys + j]) continue;
          const size_t kj = at(b, j, g, s.keys, s.kv_heads), n = static_cast<size_t>(j);
          double z = 0;
          for (size_t d = 0; d < width; ++d) z += double(p.q[qi + d]) * double(p.k[kj + d]);
          z *= o.scale;
          slope[n] = 1;
          if (o.softcap > 0) {
            const double t = std::tanh(z / o.softcap);
            z = o.softcap * t;
            slope[n] = 1 - t * t;
          }
          logit[n] = z;
          largest = std::max(largest, z);
        }
        if (largest == -kInf) continue;
        for (double z : logit) total += std::exp(z - largest);
        r.lse[static_cast<size_t>((b * s.heads + h) * s.queries + i)] = largest + std::log(total);
        double delta = 0;
        std::vector<double> prob(logit.size()), dp(logit.size(), 0);
        for (size_t n = 0; n < logit.size(); ++n) {
          prob[n] = std::exp(logit[n] - largest) / total;
          if (prob[n] == 0) continue;
          const size_t kj = at(b, static_cast<int64_t>(n), g, s.keys, s.kv_heads);
          for (size_t d = 0; d < width; ++d) {
            r.out[qi + d] += prob[n] * double(p.v[kj + d]);
            dp[n] += double(p.dout[qi + d]) * double(p.v[kj + d]);
            r.dv[kj + d] += prob[n] * double(p.dout[qi + d]);
          }
          delta += prob[n] * dp[n];
        }
        for (size_t n = 0; n < logit.size(); ++n) {
          if (prob[n] == 0) continue;
          const double dz = prob[n] * (dp[n] - delta) * slope[n] * o.scale;
          const size_t kj = at(b, static_cast<int64_t>(n), g, s.keys, s.kv_heads);
          for (size_t d = 0; d < width; ++d) {
            r.dq[qi + d] += dz * double(p.k[kj + d]);
            r.dk[kj + d] += dz * double(p.q[qi + d]);
          }
        }
      }
    }
  }
  return r;
}

}  // namespace norma
