#include "apps/bench/forward_backward.h"

#include <utility>

#include "core/rng.h"

namespace norma {

Tensor normal_tensor(const Shape& shape, uint64_t seed) {
  const Tensor made = Tensor::empty(shape, DType::kFloat32);
  RandomSequence random(RandomStream(seed, 0));
  for (int64_t i = 0; i < made.numel(); ++i)
    made.data<float>()[i] = static_cast<float>(random.normal());
  return made;
}

Tensor random_indices(const Shape& shape, int64_t below, uint64_t seed) {
  const Tensor made = Tensor::empty(shape, DType::kInt32);
  RandomSequence random(RandomStream(seed, 0));
  for (int64_t i = 0; i < made.numel(); ++i)
    made.data<int32_t>()[i] = static_cast<int32_t>(random.uniform() * static_cast<double>(below));
  return made;
}

ForwardBackward::ForwardBackward(const Build& build, Tensor x, Tensor dy)
    : params_(DType::kFloat32, 1),
      forward_(build(Scope(params_))),
      x_(std::move(x)),
      dy_(std::move(dy)) {
  params_.materialize();
  ctx_.tape = &tape_;
  ctx_.training = true;
}

void ForwardBackward::operator()() {
  params_.zero_grad();
  ctx_.begin_forward(0);
  const Var x = tape_.leaf(x_);
  tape_.backward(forward_(ctx_, x), dy_);
  tape_.clear();  // the leaf's gradient: its memory is for the next case
}

}  // namespace norma
