#include "apps/layer/properties.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "core/rng.h"
#include "core/tensor_compare.h"
#include "layers/layer_run.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
// Below this a change counts as rounding, or as what a hard-wired ε of 1e-6 leaves.
constexpr double kInvariant = 1e-5;

Tensor normal_tensor(const Shape& shape, uint64_t stream, double mean = 0) {
  RandomSequence random(RandomStream(2, stream));
  const Tensor tensor = Tensor::empty(shape, DType::kFloat64);
  for (int64_t i = 0; i < tensor.numel(); ++i) tensor.data<double>()[i] = mean + random.normal();
  return tensor;
}

Tensor mapped(const Tensor& x, FunctionRef<double(int64_t index, double value)> map) {
  const Tensor y = x.clone();
  for (int64_t i = 0; i < y.numel(); ++i) y.data<double>()[i] = map(i, y.data<double>()[i]);
  return y;
}

Tensor first_sample(const Tensor& x) {
  Shape one = x.shape();
  one.set(0, 1);
  return x.slice(0, one);
}

// The layer's own answer to one question; an Error it throws is an answer too.
Property asked(std::string name, FunctionRef<double()> measure,
               FunctionRef<std::string(double)> answer) {
  try {
    const double figure = measure();
    return {std::move(name), answer(figure), figure};
  } catch (const Error& error) {
    return {std::move(name), std::string("refused: ") + error.what(), kNothing};
  }
}

constexpr auto invariance = [](double change) -> std::string {
  return change <= kInvariant ? "invariant" : "changes";
};

Tensor output_of(const Spec& spec, const NamedTensors& in, bool training = true) {
  return run_layer(spec, in, {.dtype = DType::kFloat64, .training = training}).at("output");
}

// In eval, with the statistics that `steps` training steps on the same batch leave.
double train_against_eval(const Spec& spec, NamedTensors in, int64_t steps) {
  const NamedTensors trained =
      run_layer(spec, in, {.dtype = DType::kFloat64, .training = true, .repeat = steps});
  for (const auto& [name, tensor] : trained)
    if (name.starts_with("buffer.")) in[name] = tensor;
  return relative_difference(output_of(spec, in, false), trained.at("output"));
}

// Σ output·weights as a function of everything that is learned or comes in.
double gradient_error(const Spec& spec, NamedTensors in, bool training) {
  // What a norm takes out of the gradient on purpose is held fixed in the differences.
  HeldValues held;
  const LayerRunOptions options{.dtype = DType::kFloat64, .training = training, .held = &held};
  in["grad_output"] = normal_tensor(output_of(spec, in).shape(), 3);
  NamedTensors grads = run_layer(spec, in, options);
  // Parameters move off their initial values, where many mistakes go unseen.
  for (const auto& [name, grad] : grads) {
    constexpr std::string_view kPrefix = "grad_";
    if (name.starts_with("grad_param."))
      in[name.substr(kPrefix.size())] = normal_tensor(grad.shape(), stable_hash(name), 1.5);
  }
  held.values.clear();
  grads = run_layer(spec, in, options);
  held.replay = true;

  const auto loss = [&] {
    const Tensor y = run_layer(spec, in, options).at("output");
    double sum = 0;
    for (int64_t i = 0; i < y.numel(); ++i)
      sum += y.data<double>()[i] * in["grad_output"].data<double>()[i];
    return sum;
  };
  double worst = 0;
  for (const auto& [name, grad] : grads) {
    if (!name.starts_with("grad_")) continue;
    Tensor& moved = in.at(name.substr(5));
    double error = 0, largest = 0;
    constexpr double kStep = 1e-5;
    const int64_t stride = grad.numel() > 64 ? 7 : 1;
    for (int64_t i = 0; i < grad.numel(); i += stride) {
      double& x = moved.data<double>()[i];
      const double kept = x;
      x = kept + kStep;
      const double above = loss();
      x = kept - kStep;
      const double below = loss();
      x = kept;
      const double exact = grad.data<double>()[i];
      error = std::max(error, std::abs((above - below) / (2 * kStep) - exact));
      largest = std::max(largest, std::abs(exact));
    }
    worst = std::max(worst, largest > 0 ? error / largest : error);
  }
  return worst;
}

Property gradient_property(const Spec& spec, const NamedTensors& in, bool training,
                           bool approximate = false) {
  return asked(
      "gradient", [&] { return gradient_error(spec, in, training); },
      [&](double error) -> std::string {
        if (approximate) return "approximate by design: this far from the derivative";
        return std::string(error <= 1e-6 ? "agrees with" : "differs from") + " central differences";
      });
}

std::string settling(double after_one, double after_many) {
  if (after_one <= kInvariant) return "the same";
  char text[96];
  std::snprintf(text, sizeof text, "differ until statistics settle (%.1e after 100 steps)",
                after_many);
  return text;
}

Property train_against_eval_property(const Spec& spec, const NamedTensors& in) {
  return asked(
      "train against eval", [&] { return train_against_eval(spec, in, 1); },
      [&](double after_one) { return settling(after_one, train_against_eval(spec, in, 100)); });
}

// The options with a negligible ε, so that what ε alone disturbs counts as kept.
Spec without_eps(const Spec& spec) {
  Json options = *spec.options;
  if (options.contains("eps") && options["eps"].is_number()) options["eps"] = 1e-30;
  return make_spec(options, layer_registry(), spec.type);
}

double padding_change(const Spec& spec, const Tensor& x) {
  const int64_t samples = x.shape()[0], valid = x.shape()[1], channels = x.shape()[2];
  const int64_t padded_length = valid + 2;
  const Tensor padded = Tensor::full({samples, padded_length, channels}, DType::kFloat64, kNothing);
  const Tensor mask = Tensor::zeros({samples, padded_length}, DType::kUInt8);
  for (int64_t n = 0; n < samples; ++n) {
    std::copy_n(x.data<double>() + n * valid * channels, valid * channels,
                padded.data<double>() + n * padded_length * channels);
    std::fill_n(mask.data<uint8_t>() + n * padded_length, valid, uint8_t{1});
  }
  const Tensor y = output_of(spec, {{"input", padded}, {"mask", mask}});
  const Tensor kept = Tensor::empty(x.shape(), DType::kFloat64);
  for (int64_t n = 0; n < samples; ++n)
    std::copy_n(y.data<double>() + n * padded_length * channels, valid * channels,
                kept.data<double>() + n * valid * channels);
  return relative_difference(kept, output_of(spec, {{"input", x}}));
}

// What a change of the one input does to the output.
Property one_input(const Spec& spec, const char* name, const Shape& shape) {
  return asked(
      name,
      [&] {
        return relative_difference(output_of(spec, {{"input", normal_tensor(shape, 6)}}),
                                   output_of(spec, {{"input", normal_tensor(shape, 5)}}));
      },
      [](double change) {
        return change <= kInvariant ? "the output is the same for every input"
                                    : "the output follows the input";
      });
}

}  // namespace

std::vector<Property> properties_of_norm(const Spec& given) {
  constexpr int64_t kSamples = 4, kPositions = 3, kChannels = 32;
  const NormDefinition definition = norm_registry().at(given.type).define(given);
  const Spec spec = without_eps(given);
  const Tensor x = normal_tensor({kSamples, kPositions, kChannels}, stable_hash(spec.type), 0.5);
  const auto after = [&](FunctionRef<double(int64_t, double)> map) {
    return relative_difference(output_of(spec, {{"input", mapped(x, map)}}),
                               output_of(spec, {{"input", x}}));
  };
  return {
      asked(
          "input scale", [&] { return after([](int64_t, double v) { return 3 * v; }); },
          invariance),
      asked(
          "input shift", [&] { return after([](int64_t, double v) { return v + 3; }); },
          invariance),
      asked(
          "weight scale",
          [&] {
            return after([](int64_t i, double v) {
              return v * (1 + static_cast<double>(i % kChannels) / kChannels);
            });
          },
          invariance),
      asked(
          "batch composition",
          [&] {
            const Tensor all = output_of(spec, {{"input", x}});
            return relative_difference(output_of(spec, {{"input", first_sample(x)}}),
                                       first_sample(all));
          },
          invariance),
      asked(
          "padding", [&] { return padding_change(spec, x); }, invariance),
      train_against_eval_property(spec, {{"input", x}}),
      one_input(spec, "batch of one", {1, kChannels}),
      one_input(spec, "1×1 image", {1, kChannels, 1, 1}),
      gradient_property(given, {{"input", x}}, true, definition.traits.approximate_backward),
  };
}

std::vector<Property> properties_of_reparam(const Spec& spec) {
  constexpr int64_t kIn = 17, kOut = 6;
  const Spec layer = make_spec(Json{{"type", "linear"}, {"out", kOut}, {"reparam", *spec.options}},
                               layer_registry(), spec.type);
  NamedTensors in{{"input", normal_tensor({4, kIn}, 1)}};
  // The learned tensor of the weight's shape stands in the weight's place.
  in["grad_output"] = normal_tensor({4, kOut}, 2);
  std::string weight;
  for (const auto& [name, grad] : run_layer(layer, in, {.dtype = DType::kFloat64}))
    if (name.starts_with("grad_param.") && grad.shape() == Shape{kOut, kIn})
      weight = name.substr(5);
  in.erase("grad_output");
  in[weight] = normal_tensor({kOut, kIn}, 4, 0.5);
  const auto after = [&](FunctionRef<double(int64_t, double)> map) {
    NamedTensors moved = in;
    moved[weight] = mapped(in[weight], map);
    return relative_difference(output_of(layer, moved), output_of(layer, in));
  };
  return {
      asked(
          "weight scale", [&] { return after([](int64_t, double v) { return 3 * v; }); },
          invariance),
      asked(
          "weight shift", [&] { return after([](int64_t, double v) { return v + 3; }); },
          invariance),
      train_against_eval_property(layer, in),
      gradient_property(layer, in, false),
  };
}

}  // namespace norma
