#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/gradcheck.h"

namespace norma {

using Numbers = std::vector<double>;

// Normal numbers that follow from the name and that float32 holds exactly, so that both precisions
// start from the same values.
Numbers normal_numbers(const std::string& name, int64_t count);

bool same_bits(const Tensor& a, const Tensor& b);

// Moves parameters off their initial values, at which many mistakes go unseen (a gain of 1, a bias
// of 0), and buffers of the set's float type to positive numbers.
void randomize(ParamSet& set);

// Has the context record a training forward in float64 on the tape.
void begin_training(Context& ctx, Tape& tape);

// A mask (B,time): 1 at the first `length` positions of each sample.
Tensor first_positions(const std::vector<int64_t>& lengths, int64_t time);

// What one forward and backward leave.
struct Results {
  Tensor output;
  bool input_changed = false;
  std::vector<std::string> names;  // "input", "cond" and the parameters, where they take gradients
  std::vector<Tensor> grads;
};

// A module in one precision and mode, with random parameters, running statistics and inputs. Every
// forward starts from the same statistics and draws the same random numbers.
class Specimen {
 public:
  Specimen(const MakeModule& make, const Gradcheck& with, DType dtype, bool training);

  // The output without a tape, by the values that the last forward_backward detached.
  Tensor forward_only();
  // Parameter gradients add up from call to call. Free memory is poisoned before either pass.
  Results forward_backward();

  // The tensors that `Results::grads` belong to, in the same order.
  std::vector<Tensor> differentiated() const;
  // The random gradient of the output.
  Tensor output_weights(const Shape& shape) const;
  // To be called after parameters were changed.
  void touch() { set_.touch(); }

 private:
  void begin(Tape* tape);
  Tensor grad_or_zeros(const Var& leaf) const;

  ParamSet set_;
  std::unique_ptr<Module> module_;
  Tensor x_, cond_;
  std::vector<Tensor> buffers_;
  Tape tape_;
  HeldValues held_;
  Context ctx_;
  bool takes_gradient_;  // the input
};

}  // namespace norma
