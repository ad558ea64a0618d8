#include "tests/models/padding.h"

#include <cmath>

#include "tests/catch.h"
#include "tests/specimen.h"

namespace norma {
namespace {

const std::vector<int64_t> kLengths{5, 3, 1};

struct Pass {
  std::vector<double> outputs;  // of valid positions
  std::vector<std::vector<double>> grads;
  std::vector<std::string> names;
};

Pass run(const MakeModule& make, int32_t vocab, int64_t time, int32_t padding) {
  ParamSet set(DType::kFloat64, 3);
  const auto model = make(Scope(set));
  set.materialize();
  for (const Param& param : set.params()) {
    const Numbers noise = normal_numbers(param.name, param.numel());
    for (int64_t i = 0; i < param.numel(); ++i)
      param.value.data<double>()[i] += 0.3 * noise[static_cast<size_t>(i)];
  }
  set.touch();
  const int64_t samples = std::ssize(kLengths);
  const Tensor tokens = Tensor::full({samples, time}, DType::kInt32, padding);
  for (int64_t b = 0; b < samples; ++b)
    for (int64_t t = 0; t < kLengths[static_cast<size_t>(b)]; ++t)
      tokens.data<int32_t>()[b * time + t] = static_cast<int32_t>(3 * b + 2 * t + t * t) % vocab;
  Tape tape;
  Context ctx;
  ctx.tape = &tape;
  ctx.training = true;
  ctx.dtype = DType::kFloat64;
  ctx.mask = first_positions(kLengths, time);
  ctx.begin_forward(0);
  const Var y = (*model)(ctx, {tokens});
  const int64_t width = y.shape().back();
  const Tensor dy = Tensor::zeros(y.shape(), DType::kFloat64);
  Pass pass;
  for (int64_t b = 0; b < samples; ++b)
    for (int64_t i = 0; i < kLengths[static_cast<size_t>(b)] * width; ++i) {
      const int64_t at = b * time * width + i;
      pass.outputs.push_back(y.value.data<double>()[at]);
      dy.data<double>()[at] = std::sin(static_cast<double>(100 * b + i));
    }
  for (const LossTerm& term : ctx.loss_terms())
    tape.seed(term.mean, Tensor::full({1}, DType::kFloat64, 0.7));
  tape.backward(y, dy);
  for (const Param& param : set.params()) {
    pass.names.push_back(param.name);
    pass.grads.push_back(param.grad.to_vector());
  }
  return pass;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0, scale = 1;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(a[i] - b[i]);
    largest = std::isnan(difference) ? difference : std::max(largest, difference);
    scale = std::max(scale, std::abs(a[i]));
  }
  return largest / scale;
}

}  // namespace

Tensor first_positions(const std::vector<int64_t>& lengths, int64_t time) {
  const Tensor mask = Tensor::zeros({std::ssize(lengths), time}, DType::kUInt8);
  for (size_t b = 0; b < lengths.size(); ++b)
    for (int64_t t = 0; t < lengths[b]; ++t)
      mask.data<uint8_t>()[static_cast<int64_t>(b) * time + t] = 1;
  return mask;
}

void check_padding(const MakeModule& make, int32_t vocab) {
  const Pass tight = run(make, vocab, 5, 0), wide = run(make, vocab, 8, vocab - 1);
  CHECK(largest_difference(tight.outputs, wide.outputs) <= 1e-12);
  for (size_t i = 0; i < tight.grads.size(); ++i) {
    INFO(tight.names[i]);
    CHECK(largest_difference(tight.grads[i], wide.grads[i]) <= 1e-12);
  }
}

}  // namespace norma
