// What each re-parametrization makes of a weight.
#include <cmath>

#include "core/kernels/dot.h"
#include "layers/linear.h"
#include "tests/catch.h"
#include "tests/golden.h"
#include "tests/layers/reparametrized.h"

namespace norma {
namespace {

std::vector<double> row_lengths(const std::vector<double>& matrix, size_t rows) {
  std::vector<double> lengths;
  const size_t columns = matrix.size() / rows;
  for (size_t r = 0; r < rows; ++r) {
    double square = 0;
    for (size_t c = 0; c < columns; ++c) square += std::pow(matrix[r * columns + c], 2);
    lengths.push_back(std::sqrt(square));
  }
  return lengths;
}

}  // namespace

TEST_CASE("weight norm starts as the layer it wraps", "[weights]") {
  Layer layer(with_reparam(kLinear, "weight_norm"), {5, 7});
  const std::vector<double> lengths = row_lengths(layer.values("weight_v"), 9);
  for (size_t i = 0; i < 9; ++i)
    CHECK(layer.values("weight_g")[i] == Approx(lengths[i]).epsilon(1e-14));
  ParamSet plain_set(DType::kFloat64, 4);
  Linear plain(Scope(plain_set), 7, 9, false);
  plain_set.materialize();
  plain.weight().value.copy_from(layer.set.find("weight_v")->value);
  const Tensor y = layer.forward();
  CHECK(largest_difference(y, plain(layer.ctx, {layer.x}).value) < 1e-14);
}

TEST_CASE("spectral norm divides by the largest singular value", "[weights]") {
  // With singular values 5, 1, 1 … each step brings v 25 times nearer.
  Layer layer(with_reparam(kLinear, "spectral_norm"), {1, 9});
  std::vector<double> diagonal(81, 0.0);
  for (size_t i = 0; i < 9; ++i) diagonal[10 * i] = i == 4 ? 5 : 1;
  layer.set.find("weight")->value.copy_from(Tensor::from(diagonal, {9, 9}, DType::kFloat64));
  layer.set.touch();
  for (int i = 0; i < 15; ++i) layer.forward();
  layer.x = Tensor::full({1, 9}, DType::kFloat64, 1.0);
  const std::vector<double> y = layer.forward().to_vector();
  for (size_t i = 0; i < 9; ++i) CHECK(y[i] == Approx(i == 4 ? 1.0 : 0.2).epsilon(1e-12));
}

TEST_CASE("spectral norm's u and v start where 15 steps lead", "[weights]") {
  Layer fresh(with_reparam(kLinear, "spectral_norm"), {1, 7});
  const Tensor w = fresh.set.find("weight")->value;
  const Tensor u = fresh.set.find_buffer("u")->value, v = fresh.set.find_buffer("v")->value;
  CHECK(kernels::dot(u.data<double>(), u.data<double>(), 9) == Approx(1).epsilon(1e-14));
  CHECK(kernels::dot(v.data<double>(), v.data<double>(), 7) == Approx(1).epsilon(1e-14));
  // v is what the last step made of u: along Wᵀu.
  std::vector<double> image(7, 0.0);
  for (int64_t r = 0; r < 9; ++r)
    for (int64_t c = 0; c < 7; ++c)
      image[static_cast<size_t>(c)] += u.data<double>()[r] * w.data<double>()[r * 7 + c];
  const double length = std::sqrt(kernels::dot(image.data(), image.data(), 7));
  for (int64_t c = 0; c < 7; ++c)
    CHECK(v.data<double>()[c] == Approx(image[static_cast<size_t>(c)] / length).epsilon(1e-12));
}

TEST_CASE("spectral norm iterates in training forwards alone, and not in replays", "[weights]") {
  Layer layer(with_reparam(kLinear, "spectral_norm"), {3, 7});
  const Tensor& u = layer.set.find_buffer("u")->value;
  Tensor before = u.clone();
  const Tensor trained = layer.forward();
  CHECK_FALSE(same_bits(u, before));
  before = u.clone();
  layer.ctx.replaying = true;
  CHECK(same_bits(layer.forward(), trained));
  layer.ctx.replaying = false;
  layer.ctx.training = false;
  CHECK(same_bits(layer.forward(), trained));
  CHECK(same_bits(u, before));
}

TEST_CASE("standardized rows have mean 0 and the deviation they claim", "[weights]") {
  ParamSet set(DType::kFloat64, 4);
  const auto rows_of = [&](const Json& reparam, const char* name) {
    return Weight(Scope(set, name), make_spec(reparam, reparam_registry(), "reparam"), {4, 8, 3, 3},
                  Init::normal(1));
  };
  Weight plain = rows_of({{"type", "weight_standardization"}, {"eps", 0.0}}, "plain");
  Weight scaled =
      rows_of({{"type", "scaled_weight_standardization"}, {"activation", "relu"}}, "scaled");
  Weight centred = rows_of({{"type", "centered_weight"}}, "centred");
  set.materialize();
  Context ctx;
  const auto moments = [&](Weight& weight) {
    const std::vector<double> w = weight.use(ctx).tensor().to_vector();
    double sum = 0, square = 0;
    for (size_t i = 0; i < 72; ++i) sum += w[i], square += w[i] * w[i];
    return std::pair(sum, square);
  };
  CHECK(std::abs(moments(plain).first) < 1e-12);
  CHECK(moments(plain).second == Approx(72));
  CHECK(std::abs(moments(scaled).first) < 1e-12);
  CHECK(moments(scaled).second == Approx(std::pow(1.7139588594436646, 2)));
  CHECK(std::abs(moments(centred).first) < 1e-12);
}

}  // namespace norma
