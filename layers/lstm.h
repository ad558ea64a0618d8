#pragma once

#include <vector>

#include "layers/linear.h"
#include "layers/norms/norm_choice.h"

namespace norma {

// A long short-term memory (Hochreiter and Schmidhuber 1997; forget gates: Gers et al. 2000) over a
// sequence x (B,T,C) → (B,T,hidden), from a state of zeros. With a norm N it is that of Ba et al.
// 2016, arXiv:1607.06450, section 3.1:
//   a = N(x_t Wᵢᵀ) + N(h_{t−1} Wₕᵀ) + b,  c_t = σ(a_f)·c_{t−1} + σ(a_i)·tanh(a_g),
//   h_t = σ(a_o)·tanh(N(c_t))
// each N with parameters of its own, the gates normalized together: the sites input, state and
// cell, each of which may also go without. Padding, as the context's mask says, leaves the state as
// it is and has output 0. With inference caches in the context the state goes on from the last
// forward. State: `ih.weight` (4·hidden, C) and `hh.weight` (4·hidden, hidden), rows of the input,
// forget, candidate and output gate; `bias` (4·hidden); `ih_norm.*`, `hh_norm.*`, `cell_norm.*`.
class Lstm : public Module {
 public:
  struct Options {
    int64_t hidden = 1;
    bool bias = true;
    double forget_bias = 1;
    SpecChoice norm = {};
    Spec reparam = {};
    int64_t layer = 0;  // number of the layer in its model, set by that and by no config
    void describe(Fields& f);
    static void describe_norm(Fields& f, SpecChoice& norm);
    // The rules of that option in a stack of `layers` layers.
    static void rule_norm(Fields& f, const SpecChoice& norm, int64_t layers);
  };
  Lstm(const Scope& scope, const Options& options, int64_t in);
  Lstm(const Scope& scope, const Options& options, const LayerInput& input)
      : Lstm(scope, options, input.shape.back()) {}

 protected:
  Var forward(Context& ctx, const Var& x) override;

 private:
  struct Sequence;
  Var step(Context& ctx, Sequence& sequence, int64_t t);
  int64_t hidden_;
  Linear ih_;
  Weight hh_;
  Param* bias_ = nullptr;
  std::unique_ptr<Norm> ih_norm_, hh_norm_, cell_norm_;
  std::vector<Var> inputs_, outputs_;  // of the steps, kept for their memory
};

}  // namespace norma
