#include "tests/padding.h"

#include <algorithm>
#include <cmath>
#include <limits>

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
  randomize(set);
  const int64_t samples = std::ssize(kLengths);
  Tape tape;
  Context ctx;
  begin_training(ctx, tape);
  ctx.mask = first_positions(kLengths, time);
  const Var y = (*model)(ctx, {padded_tokens(kLengths, time, vocab, padding)});
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

// Appends what stands at the first positions of each sample of (B,T,C).
void take_valid(std::vector<double>& all, const Tensor& y, const std::vector<int64_t>& lengths) {
  const int64_t row = y.shape()[1] * y.shape()[2];
  for (size_t b = 0; b < lengths.size(); ++b)
    for (int64_t i = 0; i < lengths[b] * y.shape()[2]; ++i)
      all.push_back(y.item(static_cast<int64_t>(b) * row + i));
}

// All that must not depend on padding, of one forward and backward.
std::vector<double> run_padded(const MakeModule& make, int64_t width, Padded padded, int64_t time,
                               double padding) {
  const std::vector<int64_t> lengths{4, 2};
  ParamSet set(DType::kFloat64, 1);
  const auto module = make(Scope(set));
  set.materialize();
  const Tensor x = Tensor::empty({2, 4, width}, DType::kFloat64);
  for (int64_t i = 0; i < x.numel(); ++i)
    x.data<double>()[i] = std::sin(static_cast<double>(i / (4 * width) * 3 + i % (4 * width)));
  Tape tape;
  Context ctx;
  begin_training(ctx, tape);
  const Var leaf = tape.leaf(with_padding(x, lengths, time, padding));
  const bool input = padded == Padded::kInput;
  const Tensor mask = first_positions(lengths, time);
  (input ? ctx.mask : ctx.memory_mask) = mask;
  if (!input) ctx.memory = leaf;
  const Var y = (*module)(ctx, input ? leaf
                                     : Var{Tensor::from(normal_numbers("x", 6 * width),
                                                        {2, 3, width}, DType::kFloat64)});
  for (const LossTerm& term : ctx.loss_terms())
    tape.seed(term.mean, Tensor::full({1}, DType::kFloat64, 0.5));
  tape.backward(y);
  std::vector<double> all;
  if (input) {
    take_valid(all, y.value, lengths);
    const int64_t outputs = y.shape()[2];
    for (int64_t b = 0; b < 2; ++b)
      for (int64_t i = lengths[static_cast<size_t>(b)] * outputs; i < time * outputs; ++i)
        REQUIRE(y.value.item(b * time * outputs + i) == 0);
  } else {
    all = y.value.to_vector();
  }
  take_valid(all, tape.grad(leaf), lengths);
  for (const Param& param : set.params())
    for (const double grad : param.grad.to_vector()) all.push_back(grad);
  return all;
}

}  // namespace

Tensor padded_tokens(const std::vector<int64_t>& lengths, int64_t time, int32_t vocab,
                     int32_t padding) {
  const int64_t samples = std::ssize(lengths);
  const Tensor tokens = Tensor::full({samples, time}, DType::kInt32, padding);
  for (int64_t b = 0; b < samples; ++b)
    for (int64_t t = 0; t < lengths[static_cast<size_t>(b)]; ++t)
      tokens.data<int32_t>()[b * time + t] = static_cast<int32_t>(3 * b + 2 * t + t * t) % vocab;
  return tokens;
}

Tensor with_padding(const Tensor& x, const std::vector<int64_t>& lengths, int64_t time,
                    double padding) {
  const int64_t from = x.shape()[1], width = x.shape()[2];
  const Tensor padded = Tensor::full({std::ssize(lengths), time, width}, x.dtype(), padding);
  for (size_t b = 0; b < lengths.size(); ++b) {
    const int64_t sample = static_cast<int64_t>(b);
    std::copy_n(x.data<double>() + sample * from * width, lengths[b] * width,
                padded.data<double>() + sample * time * width);
  }
  return padded;
}

void check_padding(const MakeModule& make, int32_t vocab) {
  const Pass tight = run(make, vocab, 5, 0), wide = run(make, vocab, 8, vocab - 1);
  CHECK(largest_difference(tight.outputs, wide.outputs) <= 1e-12);
  for (size_t i = 0; i < tight.grads.size(); ++i) {
    INFO(tight.names[i]);
    CHECK(largest_difference(tight.grads[i], wide.grads[i]) <= 1e-12);
  }
}

void check_nan_padding(const MakeModule& make, int64_t width, Padded padded) {
  const std::vector<double> tight = run_padded(make, width, padded, 4, 0);
  const std::vector<double> wide =
      run_padded(make, width, padded, 9, std::numeric_limits<double>::quiet_NaN());
  REQUIRE(tight.size() == wide.size());
  for (size_t i = 0; i < tight.size(); ++i)
    REQUIRE(wide[i] == Approx(tight[i]).epsilon(1e-12).margin(1e-12));
}

}  // namespace norma
