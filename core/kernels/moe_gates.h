#pragma once

#include "core/kernels/moe.h"

// What a router's logits become: the weights of the experts' answers, and two terms that keep
// experts evenly used and logits small.
namespace norma::kernels {

// What route_tokens and assign_rows found.
struct MoeRouted {
  MoeShape shape;
  const int32_t* chosen;        // (tokens, k)
  const double* probabilities;  // (tokens, experts)
  const double* lse;            // (tokens)
  const int32_t* asked;         // (groups, experts)
  bool normalize;               // gates of a token add up to 1
  int64_t valid;                // tokens that take part
};

// gates (tokens, k): the probabilities of the chosen experts, or their shares among these; 0 for
// tokens that take no part.
template <class T>
void gates_forward(const MoeRouted& routed, T* gates);

// experts·Σ_e share_e·(mean of p_e) of each group, averaged over tokens; share_e of the group's
// choices fell on expert e.
double load_balance(const MoeRouted& routed);

// The mean of lse².
double mean_square_lse(const MoeRouted& routed);

// The gradient of all three for the logits (tokens, experts); choices and shares are given. dgates
// may be null.
template <class T>
void gates_backward(const MoeRouted& routed, const T* dgates, double dbalance, double dsquare,
                    T* dlogits);

}  // namespace norma::kernels
