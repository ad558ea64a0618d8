#pragma once

#include <cstdint>

// Mixture of experts: which rows of a batch (its tokens) go to which experts, and the way there and
// back. A group of consecutive tokens, one sample as a rule, shares the experts' capacity.
namespace norma::kernels {

struct MoeShape {
  int64_t groups, group_tokens, experts, k;
  int64_t tokens() const { return groups * group_tokens; }
};

// What the router says of each token. `chosen` (tokens, k): the experts with the largest logits,
// the largest first, of equal ones the lower number; `probabilities` (tokens, experts): softmax of
// the logits; `lse` (tokens): log Σ exp. Tokens with valid[t] = 0 are skipped: −1 and zeros.
template <class T>
void route_tokens(const MoeShape& shape, const T* logits, const uint8_t* valid, int32_t* chosen,
                  double* probabilities, double* lse);

// Gives the chosen tokens rows in the experts' input: expert by expert, in each the groups in
// order, in each group first choices before second ones, then by token. An expert takes at most
// capacity(n) = ⌈factor·k·n/experts⌉ rows from a group of n valid tokens; the rest are dropped.
// factor 0: no limit.
//   rows (tokens, k): the row of each choice, −1 = dropped or not valid
//   token (up to tokens·k): of each row
//   first (experts + 1): where each expert's rows begin; the last is their number
//   asked (groups, experts): choices before any was dropped
// Returns how many were dropped.
int64_t assign_rows(const MoeShape& shape, const int32_t* chosen, double capacity_factor,
                    int32_t* rows, int32_t* token, int32_t* first, int32_t* asked);

// y[t] = Σ_j gates[t,j]·in[rows[t,j]] over rows ≥ 0, each of `width`; gates null = 1.
template <class T>
void combine_rows(T* y, const T* in, const int32_t* rows, const T* gates, int64_t tokens, int64_t k,
                  int64_t width);

// The gradients of combine_rows: din[rows[t,j]] = gates[t,j]·dy[t] and dgates[t,j] =
// Σ dy[t]·in[rows[t,j]], 0 where the row is −1. Every row of `in` belongs to one pair (t,j).
template <class T>
void combine_rows_backward(T* din, T* dgates, const T* dy, const T* in, const int32_t* rows,
                           const T* gates, int64_t tokens, int64_t k, int64_t width);

}  // namespace norma::kernels
