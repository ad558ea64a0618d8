#include "tests/specimen.h"

#include <cmath>
#include <cstring>

#include "core/rng.h"

namespace norma {

Numbers normal_numbers(const std::string& name, int64_t count) {
  RandomSequence random(RandomStream(7, stable_hash(name)));
  Numbers numbers(static_cast<size_t>(count));
  for (double& number : numbers) number = static_cast<float>(random.normal());
  return numbers;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

void randomize(ParamSet& set) {
  for (Param& param : set.params()) {
    Numbers values = param.value.to_vector();
    const Numbers noise = normal_numbers(param.name, param.numel());
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<float>(values[i] + 0.3 * noise[i]);
    param.value.copy_from(Tensor::from(values, param.shape, param.value.dtype()));
    ++param.version;
  }
  for (Buffer& buffer : set.buffers()) {
    if (buffer.value.dtype() != set.dtype()) continue;
    Numbers values = normal_numbers(buffer.name, buffer.value.numel());
    for (double& value : values) value = static_cast<float>(0.5 + std::abs(value));
    buffer.value.copy_from(Tensor::from(values, buffer.value.shape(), set.dtype()));
  }
}

void begin_training(Context& ctx, Tape& tape) {
  ctx.tape = &tape;
  ctx.training = true;
  ctx.dtype = DType::kFloat64;
  ctx.begin_forward(0);
}

Tensor first_positions(const std::vector<int64_t>& lengths, int64_t time) {
  const Tensor mask = Tensor::zeros({std::ssize(lengths), time}, DType::kUInt8);
  for (size_t b = 0; b < lengths.size(); ++b)
    for (int64_t t = 0; t < lengths[b]; ++t)
      mask.data<uint8_t>()[static_cast<int64_t>(b) * time + t] = 1;
  return mask;
}

namespace {

Tensor random_input(const Gradcheck& with, DType dtype) {
  if (with.x) return with.x.dtype() == DType::kInt32 ? with.x : with.x.to(dtype);
  Numbers numbers = normal_numbers("input", with.input.numel());
  if (with.tokens == 0) return Tensor::from(numbers, with.input, dtype);
  RandomSequence random(RandomStream(7, stable_hash("tokens")));
  for (double& number : numbers)
    number = static_cast<double>(random.below(static_cast<uint64_t>(with.tokens)));
  return Tensor::from(numbers, with.input, DType::kInt32);
}

void add(Results& results, std::string name, Tensor grad) {
  results.names.push_back(std::move(name));
  results.grads.push_back(std::move(grad));
}

}  // namespace

Specimen::Specimen(const MakeModule& make, const Gradcheck& with, DType dtype, bool training)
    : set_(dtype, 3), module_(make(Scope(set_))), x_(random_input(with, dtype)) {
  set_.materialize();
  randomize(set_);
  for (const Buffer& buffer : set_.buffers()) buffers_.push_back(buffer.value.clone());
  ctx_.training = training;
  ctx_.dtype = dtype;
  ctx_.mask = with.mask;
  if (with.target)
    ctx_.target = with.target.dtype() == DType::kFloat64 ? with.target.to(dtype) : with.target;
  if (with.cond.rank() > 0)
    cond_ = Tensor::from(normal_numbers("cond", with.cond.numel()), with.cond, dtype);
  takes_gradient_ = x_.dtype() == dtype;
}

void Specimen::begin(Tape* tape) {
  for (size_t i = 0; i < buffers_.size(); ++i) set_.buffers()[i].value.copy_from(buffers_[i]);
  ctx_.tape = tape;
  ctx_.held = &held_;
  ctx_.begin_forward(0);
}

Tensor Specimen::forward_only() {
  held_.replay = true;
  held_.next = 0;
  begin(nullptr);
  ctx_.cond = {cond_};
  return (*module_)(ctx_, {x_}).value.clone();  // an identity would return its input's memory
}

Results Specimen::forward_backward() {
  poison_pool();
  held_ = {};
  begin(&tape_);
  const Var x = takes_gradient_ ? tape_.leaf(x_) : Var{x_};
  ctx_.cond = cond_ ? tape_.leaf(cond_) : Var{};
  const Tensor before = x_.clone();
  const Var y = (*module_)(ctx_, x);
  Results results;
  results.output = y.value.clone();
  results.input_changed = !same_bits(x_, before);
  poison_pool();
  if (y.needs_grad()) tape_.backward(y, output_weights(y.shape()));
  if (takes_gradient_) add(results, "input", grad_or_zeros(x));
  if (cond_) add(results, "cond", grad_or_zeros(ctx_.cond));
  for (const Param& param : set_.params()) add(results, param.name, param.grad.clone());
  return results;
}

Tensor Specimen::grad_or_zeros(const Var& leaf) const {
  const Tensor& grad = tape_.grad(leaf);
  return grad ? grad.clone() : Tensor::zeros(leaf.shape(), ctx_.dtype);
}

std::vector<Tensor> Specimen::differentiated() const {
  std::vector<Tensor> tensors;
  if (takes_gradient_) tensors.push_back(x_);
  if (cond_) tensors.push_back(cond_);
  for (const Param& param : set_.params()) tensors.push_back(param.value);
  return tensors;
}

Tensor Specimen::output_weights(const Shape& shape) const {
  return Tensor::from(normal_numbers("output", shape.numel()), shape, ctx_.dtype);
}

void poison_pool() {
  constexpr int64_t kSmallest = 256, kLargest = 64 << 10;
  constexpr int kBlocks = 8;  // of each size; the pool hands out last what it got back first
  std::vector<Tensor> held;
  for (int64_t power = kSmallest; power < kLargest; power *= 2) {
    for (int64_t eighth = 0; eighth < 8; ++eighth) {
      for (int i = 0; i < kBlocks; ++i) {
        held.push_back(Tensor::empty({power + eighth * power / 8}, DType::kUInt8));
        std::memset(held.back().raw(), 0xff, held.back().bytes());  // NaN in every float type
      }
    }
  }
}

}  // namespace norma
