// What re-parametrized weights do to their gradient, in the space of the weight.
#include "tests/catch.h"
#include "tests/golden.h"
#include "tests/layers/reparametrized.h"
#include "tests/layers/watched_norm.h"

namespace norma {
namespace {

constexpr size_t kOutputs = 9, kInputs = 17;

// A linear layer of such a weight. What reaches the weight is the gradient of the same layer that
// learns that weight itself.
struct WatchedWeight {
  explicit WatchedWeight(const Json& reparam)
      : step(layer_of(with_reparam(kLinear, reparam), {5, kInputs}), {.input = {5, kInputs}}) {
    dweight.assign(kOutputs * kInputs, 0.0);
    const Numbers x = step.x.to_vector(), dy = step.dy.to_vector();
    for (size_t b = 0; b < 5; ++b)
      for (size_t r = 0; r < kOutputs; ++r)
        for (size_t c = 0; c < kInputs; ++c)
          dweight[r * kInputs + c] += dy[b * kOutputs + r] * x[b * kInputs + c];
  }
  Numbers values(const char* name) { return step.set.find(name)->value.to_vector(); }
  Numbers grads(const char* name) { return step.set.find(name)->grad.to_vector(); }
  WatchedStep step;
  Numbers dweight;
};

double length_of(const Numbers& numbers) {
  double square = 0;
  for (const double number : numbers) square += number * number;
  return std::sqrt(square);
}

}  // namespace

TEST_CASE("the parts of every derived weight's gradient sum to it", "[weights]") {
  for (const Json& reparam : reparams()) {
    INFO(reparam.dump());
    WatchedWeight watched(reparam);
    if (reparam["type"] == "unit_weight") {  // the weight is learned itself
      CHECK(watched.step.seen.all.empty());
      continue;
    }
    REQUIRE(watched.step.seen.all.size() == 1);
    CHECK(watched.step.seen.all.front().first == "weight");
    const GradientParts& parts = watched.step.parts();
    CHECK(parts.of_weight);
    CHECK(parts.type == reparam["type"]);
    CHECK(parts.incoming == Approx(length_of(watched.dweight)).epsilon(1e-12));
    const Tensor& leaf = watched.step.set.params().front().grad;
    const SumOfTerms sum(parts, leaf);
    CHECK(sum.off <= 1e-12 * sum.largest);
    if (!std::isnan(parts.u.predicted))
      CHECK(parts.u.left == Approx(parts.u.predicted).epsilon(1e-6).margin(1e-9));
  }
}

TEST_CASE("looking at a weight's gradient changes no bit", "[weights]") {
  for (const Json& reparam : reparams()) {
    const MakeModule make = layer_of(with_reparam(kLinear, reparam), {5, kInputs});
    const WatchedStep seen(make, {.input = {5, kInputs}, .dtype = DType::kFloat32});
    const WatchedStep alone(make,
                            {.input = {5, kInputs}, .observed = false, .dtype = DType::kFloat32});
    const std::vector<Tensor> a = seen.left(), b = alone.left();
    for (size_t i = 0; i < a.size(); ++i) CHECK(same_bits(a[i], b[i]));
  }
}

// dv = g/‖v‖·(dw − v̂ v̂ᵀdw), dg = v̂ᵀdw.
TEST_CASE("weight norm takes out the component along v", "[weights]") {
  WatchedWeight watched(Json{{"type", "weight_norm"}});
  const Numbers v = watched.values("weight_v"), g = watched.values("weight_g");
  const GradientParts& parts = watched.step.parts();
  CHECK(parts.projection == Projection::kOrthogonal);
  CHECK(parts.one_term.to_vector() == Numbers(kOutputs * kInputs, 0.0));
  Numbers gains, dg;
  for (size_t r = 0; r < kOutputs; ++r) {
    double square = 0, along = 0;
    for (size_t c = 0; c < kInputs; ++c) {
      square += v[r * kInputs + c] * v[r * kInputs + c];
      along += v[r * kInputs + c] * watched.dweight[r * kInputs + c];
    }
    gains.push_back(1 / std::sqrt(square));
    dg.push_back(along * gains.back());
    for (size_t c = 0; c < kInputs; ++c) {
      const size_t i = r * kInputs + c;
      const double direct = g[r] * gains.back() * watched.dweight[i];
      CHECK(parts.direct_term.item(static_cast<int64_t>(i)) == Approx(direct).epsilon(1e-10));
      CHECK(parts.u_term.item(static_cast<int64_t>(i)) ==
            Approx(-g[r] * gains.back() * along / square * v[i]).epsilon(1e-10).margin(1e-14));
    }
  }
  CHECK(parts.length_gradient == Approx(length_of(dg)).epsilon(1e-12));
  CHECK(length_of(watched.grads("weight_g")) == Approx(parts.length_gradient).epsilon(1e-12));
  CHECK(parts.gain.most == Approx(*std::max_element(gains.begin(), gains.end())).epsilon(1e-12));
  CHECK(parts.u.left < 1e-12);
  CHECK(parts.u.baseline == Approx(1.0 / kInputs));
}

TEST_CASE("weight standardization takes out 1 and ŵ, and leaks by ε", "[weights]") {
  WatchedWeight watched(Json{{"type", "weight_standardization"}, {"eps", 0.3}});
  const GradientParts& parts = watched.step.parts();
  const Numbers w = watched.values("weight"), dw = watched.grads("weight");
  CHECK(parts.projection == Projection::kOrthogonal);
  for (size_t r = 0; r < kOutputs; ++r) {
    double mean = 0, variance = 0, sum = 0, left = 0, before = 0;
    for (size_t c = 0; c < kInputs; ++c) mean += w[r * kInputs + c] / kInputs;
    for (size_t c = 0; c < kInputs; ++c)
      variance += std::pow(w[r * kInputs + c] - mean, 2) / kInputs;
    for (size_t c = 0; c < kInputs; ++c) {
      const size_t i = r * kInputs + c;
      const double gain = 1 / std::sqrt(variance + 0.3);
      CHECK(parts.direct_term.item(static_cast<int64_t>(i)) ==
            Approx(watched.dweight[i] * gain).epsilon(1e-10));
      sum += dw[i];
      left += dw[i] * (w[i] - mean);
      before += watched.dweight[i] * gain * (w[i] - mean);
    }
    CHECK(std::abs(sum) < 1e-12);
    CHECK(left == Approx(0.3 / (variance + 0.3) * before).epsilon(1e-10));
  }
  CHECK(parts.u.left == Approx(parts.u.predicted).epsilon(1e-10));
}

// What is taken out is a multiple of u vᵀ, and nothing is left along W.
TEST_CASE("spectral norm takes out one rank", "[weights]") {
  WatchedWeight watched(Json{{"type", "spectral_norm"}});
  const GradientParts& parts = watched.step.parts();
  const Numbers w = watched.values("weight"), dw = watched.grads("weight");
  const Numbers u = watched.step.set.find_buffer("u")->value.to_vector(),
                v = watched.step.set.find_buffer("v")->value.to_vector();
  double sigma = 0, inner = 0, left = 0;
  for (size_t r = 0; r < kOutputs; ++r)
    for (size_t c = 0; c < kInputs; ++c) {
      const size_t i = r * kInputs + c;
      sigma += u[r] * w[i] * v[c];
      inner += watched.dweight[i] * w[i];
      left += dw[i] * w[i];
    }
  for (size_t r = 0; r < kOutputs; ++r)
    for (size_t c = 0; c < kInputs; ++c)
      CHECK(parts.u_term.item(static_cast<int64_t>(r * kInputs + c)) ==
            Approx(-inner / (sigma * sigma) * u[r] * v[c]).epsilon(1e-10).margin(1e-13));
  CHECK(parts.gain.median == Approx(1 / sigma).epsilon(1e-12));
  CHECK(std::abs(left) < 1e-12 * parts.direct);
  CHECK(parts.u.left < 1e-12);
  CHECK(parts.projection == Projection::kOblique);
}

}  // namespace norma
