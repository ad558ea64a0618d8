#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "layers/norms/gradient_parts.h"
#include "tests/gradcheck.h"
#include "tests/specimen.h"

// One training or eval step of a module with random parameters, looked at or not.
namespace norma {

class PartsSeen final : public TapeObserver, public NormObserver {
 public:
  void on_norm_backward(const std::string& path, const GradientParts& parts) override {
    all.emplace_back(path, parts);
  }
  std::vector<std::pair<std::string, GradientParts>> all;
};

struct Watched {
  Shape input;
  Tensor mask = {};
  bool training = true, observed = true;
  DType dtype = DType::kFloat64;
};

// The numbers that a step leaves, and what an observer saw of it.
struct WatchedStep {
  WatchedStep(const MakeModule& make, const Watched& with) : set(with.dtype, 3) {
    const std::unique_ptr<Module> module = make(Scope(set));
    set.materialize();
    randomize(set);
    // Far enough that norms which look back do so, and streaming ones are past their warm-up.
    for (Buffer& buffer : set.buffers())
      if (buffer.value.dtype() == DType::kInt32) buffer.value.fill(20000);
    x = Tensor::from(normal_numbers("input", with.input.numel()), with.input, with.dtype);
    Tape tape;
    Context ctx;
    ctx.tape = &tape;
    ctx.training = with.training;
    ctx.dtype = with.dtype;
    ctx.mask = with.mask;
    if (with.observed) ctx.observer = tape.observer = &seen;
    ctx.begin_forward(0);
    const Var leaf = tape.leaf(x);
    const Var y = (*module)(ctx, leaf);
    dy = Tensor::from(normal_numbers("output", y.value.numel()), y.shape(), with.dtype);
    set.zero_grad();
    tape.backward(y, dy.clone());
    dx = tape.grad(leaf).clone();
  }
  // Everything that a norm leaves behind, for a comparison of bits.
  std::vector<Tensor> left() const {
    std::vector<Tensor> all{dx};
    for (const Param& param : set.params()) all.push_back(param.grad);
    for (const Buffer& buffer : set.buffers()) all.push_back(buffer.value);
    return all;
  }
  // The one record of a norm that is no others' sum.
  const GradientParts& parts() const { return seen.all.at(0).second; }

  ParamSet set;
  PartsSeen seen;
  Tensor x, dy, dx;
};

// The largest difference between dx and the sum of the terms, and the largest number in them.
struct SumOfTerms {
  SumOfTerms(const GradientParts& parts, const Tensor& dx) {
    const Numbers direct = parts.direct_term.to_vector(), one = parts.one_term.to_vector(),
                  u = parts.u_term.to_vector(), expected = dx.to_vector();
    for (size_t i = 0; i < expected.size(); ++i) {
      off = std::max(off, std::abs(direct[i] + one[i] + u[i] - expected[i]));
      largest = std::max({largest, std::abs(direct[i]), std::abs(one[i]), std::abs(u[i])});
    }
  }
  double off = 0, largest = 0;
};

}  // namespace norma
