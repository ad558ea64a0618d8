#include "core/kernels/moe_gates.h"

#include <algorithm>
#include <vector>

#include "core/kernels/chunked_sum.h"

namespace norma::kernels {
namespace {

bool takes_part(const MoeRouted& r, int64_t t) { return r.chosen[t * r.shape.k] >= 0; }

double chosen_probability(const MoeRouted& r, int64_t t, int64_t j) {
  return r.probabilities[t * r.shape.experts + r.chosen[t * r.shape.k + j]];
}

// What the chosen probabilities of a token are divided by.
double divisor(const MoeRouted& r, int64_t t) {
  if (!r.normalize) return 1;
  double sum = 0;
  for (int64_t j = 0; j < r.shape.k; ++j) sum += chosen_probability(r, t, j);
  return sum;
}

// experts·share_e of the experts e in the group of a token; 0 where the group is empty.
class Pressure {
 public:
  Pressure(const MoeRouted& r, int64_t t)
      : experts_(r.shape.experts), asked_(r.asked + t / r.shape.group_tokens * experts_) {
    for (int64_t e = 0; e < experts_; ++e) choices_ += asked_[e];
  }
  double on(int64_t expert) const {
    if (choices_ == 0) return 0;
    return static_cast<double>(experts_ * asked_[expert]) / static_cast<double>(choices_);
  }

 private:
  int64_t experts_;
  const int32_t* asked_;
  int64_t choices_ = 0;
};

// Σ over tokens, divided by their number.
template <class Term>
double token_mean(const MoeRouted& r, const Term& term) {
  if (r.valid == 0) return 0;
  const double sum =
      chunked_sum(r.shape.tokens(), 4 * r.shape.experts, [&](int64_t begin, int64_t end) {
        double part = 0;
        for (int64_t t = begin; t < end; ++t)
          if (takes_part(r, t)) part += term(t);
        return part;
      });
  return sum / static_cast<double>(r.valid);
}

}  // namespace

template <class T>
void gates_forward(const MoeRouted& r, T* gates) {
  const int64_t k = r.shape.k;
  parallel_ranges(r.shape.tokens(), 8 * k, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      if (!takes_part(r, t)) {
        std::fill_n(gates + t * k, k, T(0));
        continue;
      }
      const double sum = divisor(r, t);
      for (int64_t j = 0; j < k; ++j)
        gates[t * k + j] = static_cast<T>(chosen_probability(r, t, j) / sum);
    }
  });
}

double load_balance(const MoeRouted& r) {
  const int64_t experts = r.shape.experts;
  return token_mean(r, [&](int64_t t) {
    const Pressure pressure(r, t);
    double term = 0;
    for (int64_t e = 0; e < experts; ++e) term += pressure.on(e) * r.probabilities[t * experts + e];
    return term;
  });
}

double mean_square_lse(const MoeRouted& r) {
  return token_mean(r, [&](int64_t t) { return r.lse[t] * r.lse[t]; });
}

// With dp the gradient of the probabilities, that of the logits is p·(dp − Σ dp·p); lse has the
// gradient p.
template <class T>
void gates_backward(const MoeRouted& r, const T* dgates, double dbalance, double dsquare,
                    T* dlogits) {
  const int64_t experts = r.shape.experts, k = r.shape.k;
  const double each = r.valid > 0 ? 1 / static_cast<double>(r.valid) : 0;
  parallel_ranges(r.shape.tokens(), 8 * experts, [&](int64_t begin, int64_t end) {
    thread_local std::vector<double> dp;
    dp.resize(static_cast<size_t>(experts));
    for (int64_t t = begin; t < end; ++t) {
      T* const d = dlogits + t * experts;
      std::fill_n(d, experts, T(0));
      if (!takes_part(r, t)) continue;
      const double* const p = r.probabilities + t * experts;
      const double sum = divisor(r, t);
      // Σ dgate·gate: what normalizing takes off the gradient of every chosen probability.
      double common = 0;
      if (dgates && r.normalize)
        for (int64_t j = 0; j < k; ++j)
          common += static_cast<double>(dgates[t * k + j]) * chosen_probability(r, t, j) / sum;
      const Pressure pressure(r, t);
      for (int64_t e = 0; e < experts; ++e)
        dp[static_cast<size_t>(e)] = dbalance == 0 ? 0 : dbalance * each * pressure.on(e);
      for (int64_t j = 0; dgates && j < k; ++j)
        dp[static_cast<size_t>(r.chosen[t * k + j])] +=
            (static_cast<double>(dgates[t * k + j]) - common) / sum;
      double mean = 0;
      for (int64_t e = 0; e < experts; ++e) mean += p[e] * dp[static_cast<size_t>(e)];
      const double dlse = 2 * dsquare * each * r.lse[t];
      for (int64_t e = 0; e < experts; ++e)
        d[e] = static_cast<T>(p[e] * (dp[static_cast<size_t>(e)] - mean + dlse));
    }
  });
}

#define NORMA_INSTANTIATE(T)                         \
  template void gates_forward(const MoeRouted&, T*); \
  template void gates_backward(const MoeRouted&, const T*, double, double, T*);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
