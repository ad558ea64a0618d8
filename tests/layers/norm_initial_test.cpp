// Where the learned numbers of norms start: what their papers say, which no gradient would notice.
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/config/config.h"
#include "core/rng.h"
#include "layers/norms/norm.h"
#include "tests/catch.h"

namespace norma {
namespace {

constexpr int64_t kNormChannels = 9;

// The initial parameters of a norm by name; each must hold one value throughout.
std::map<std::string, double> initial_parameters(const Json& spec) {
  ParamSet params(DType::kFloat64, 3);
  const auto norm =
      make_norm(Scope(params), make_spec(spec, norm_registry(), "norm"), kNormChannels);
  params.materialize();
  std::map<std::string, double> values;
  for (const Param& param : params.params()) {
    const std::vector<double> numbers = param.value.to_vector();
    values[param.name] = numbers.front();
    for (const double number : numbers) CHECK(number == numbers.front());
    CHECK((param.numel() == 1) == (param.kind == ParamKind::kScalar));
  }
  return values;
}

using Values = std::map<std::string, double>;

}  // namespace

TEST_CASE("norms start at the values of their papers", "[layers]") {
  CHECK(initial_parameters("scale_norm") == Values{{"g", 3.0}});  // √9 channels
  CHECK(initial_parameters("unit_norm").empty());
  CHECK(initial_parameters("simple_rms_norm").empty());
  CHECK(initial_parameters("identity").empty());
  CHECK(initial_parameters("rms_norm") == Values{{"weight", 1.0}});
  CHECK(initial_parameters({{"type", "rms_norm"}, {"zero_centered", true}}) ==
        Values{{"weight", 0.0}});
  CHECK(initial_parameters("frn") == Values{{"weight", 1.0}, {"bias", 0.0}, {"tau", 0.0}});
  CHECK(initial_parameters({{"type", "frn"}, {"tlu", false}, {"learned_eps", true}}) ==
        Values{{"weight", 1.0}, {"bias", 0.0}, {"learned_eps", 1e-4}});
  for (const char* curve :
       {"derf", "isru", "sat_sin", "linear_clip", "arctan", "softsign", "exp_sign"}) {
    INFO(curve);
    CHECK(initial_parameters(curve) ==
          Values{{"alpha", 0.5}, {"shift", 0.0}, {"weight", 1.0}, {"bias", 0.0}});
    CHECK(initial_parameters({{"type", curve}, {"alpha", 0.8}, {"shift", 0.1}, {"bias", false}}) ==
          Values{{"alpha", 0.8}, {"shift", 0.1}, {"weight", 1.0}});
  }
}

// What zero_centered changes is what is stored, not what is computed.
TEST_CASE("a zero-centred gain computes what a plain one does", "[layers]") {
  RandomSequence random(RandomStream(5, 1));
  const Tensor x = Tensor::empty({4, kNormChannels}, DType::kFloat32);
  for (int64_t i = 0; i < x.numel(); ++i) x.data<float>()[i] = static_cast<float>(random.normal());
  const auto output = [&](bool learned, bool zero_centered) {
    ParamSet params(DType::kFloat32, 3);
    const Json spec{{"type", "rms_norm"}, {"weight", learned}, {"zero_centered", zero_centered}};
    const auto norm =
        make_norm(Scope(params), make_spec(spec, norm_registry(), "norm"), kNormChannels);
    params.materialize();
    Context ctx;
    return (*norm)(ctx, Var{x}).value.to_vector();
  };
  const std::vector<double> plain = output(true, false);
  CHECK(output(true, true) == plain);
  CHECK(output(false, true) == plain);
  CHECK(output(false, false) == plain);
}

// Softsign alone has no value there: ∞/∞.
TEST_CASE("bounded curves hold at infinity", "[layers]") {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  for (const char* curve : {"derf", "isru", "sat_sin", "linear_clip", "arctan", "exp_sign"})
    for (const DType dtype : {DType::kFloat32, DType::kFloat64}) {
      INFO(curve << " in " << name_of(dtype));
      ParamSet params(dtype, 3);
      const auto norm =
          make_norm(Scope(params), make_spec(Json(curve), norm_registry(), "norm"), 2);
      params.materialize();
      Context ctx;
      ctx.dtype = dtype;
      const std::vector<double> ends{kInf, -kInf};
      const Var y = (*norm)(ctx, Var{Tensor::from(ends, {1, 2}, dtype)});
      CHECK(y.value.to_vector()[0] == Approx(1.0).epsilon(1e-6));
      CHECK(y.value.to_vector()[1] == Approx(-1.0).epsilon(1e-6));
    }
}

}  // namespace norma
