// Parts of norms that do more in the same pass: a stream's addition in front, a shortcut and an
// activation behind.
#include <nlohmann/json.hpp>

#include "layers/activation.h"
#include "tests/catch.h"
#include "tests/golden.h"
#include "tests/layers/norm_specs.h"
#include "tests/layers/watched_norm.h"

namespace norma {
namespace {

// A norm with random parameters on a tape with an observer.
struct Joined {
  Joined(const Json& norm, int64_t channels, DType dtype = DType::kFloat64) : set(dtype, 3) {
    made = make_norm(Scope(set), make_spec(norm, norm_registry(), "the test"), channels);
    set.materialize();
    randomize(set);
    begin_training(ctx, tape);
    ctx.dtype = dtype;
    tape.observer = &seen;
  }
  Var leaf(const std::string& name, const Shape& shape) { return tape.leaf(numbers(name, shape)); }
  Tensor numbers(const std::string& name, const Shape& shape) const {
    return Tensor::from(normal_numbers(name, shape.numel()), shape, set.dtype());
  }
  const GradientParts& parts() const { return seen.all.at(0).second; }

  ParamSet set;
  std::unique_ptr<Norm> made;
  Tape tape;
  Context ctx;
  PartsSeen seen;
};

}  // namespace

TEST_CASE("parts of a norm on a stream leave out what joins it there", "[layers]") {
  for (const DType dtype : {DType::kFloat64, DType::kFloat32}) {
    const Shape shape{3, 4, 17};
    Joined norm("layer_norm", 17, dtype);
    const Var base = norm.leaf("base", shape), branch = norm.leaf("branch", shape);
    const auto [sum, y] =
        norm.made->on_stream(norm.ctx, {.base = base, .branch = branch, .scale = 0.5, .drop = {}});
    const Tensor dsum = norm.numbers("dsum", shape);
    norm.tape.seed(sum.base, dsum);
    norm.tape.backward(y, norm.numbers("dy", shape));
    Numbers through = norm.tape.grad(base).to_vector();
    const Numbers joined = dsum.to_vector();
    for (size_t i = 0; i < through.size(); ++i) through[i] -= joined[i];
    const Tensor expected = Tensor::from(through, shape, DType::kFloat64);
    const double tolerance = dtype == DType::kFloat64 ? 1e-13 : 1e-5;
    CHECK(SumOfTerms(norm.parts(), expected).off < tolerance);
    CHECK(norm.parts().rounding < tolerance);
  }
}

TEST_CASE("parts begin behind the slope of an activation", "[layers]") {
  const Shape shape{4, 6, 15};
  for (const char* type : {"batch_norm", "instance_norm", "switchable_norm"})
    for (const Activation activation :
         {Activation::kRelu, Activation::kGelu, Activation::kIdentity})
      for (const bool with_shortcut : {false, true}) {
        INFO(type << ", " << name_of(activation) << ", shortcut: " << with_shortcut);
        Joined fused(type, 15);
        const Var x = fused.leaf("x", shape), shortcut = fused.leaf("shortcut", shape);
        const Var y = fused.made->with_activation(fused.ctx, x, with_shortcut ? &shortcut : nullptr,
                                                  activation);
        fused.tape.backward(y, fused.numbers("dy", shape));
        CHECK(SumOfTerms(fused.parts(), fused.tape.grad(x)).off < 1e-13);

        Joined apart(type, 15);
        const Var same = apart.leaf("x", shape), added = apart.leaf("shortcut", shape);
        Var z = (*apart.made)(apart.ctx, same);
        if (with_shortcut) z = resolve(apart.ctx, {.base = z, .branch = added, .drop = {}});
        if (activation != Activation::kIdentity) z = norma::activation(apart.ctx, activation, z);
        apart.tape.backward(z, apart.numbers("dy", shape));
        CHECK(fused.parts().incoming == Approx(apart.parts().incoming).epsilon(1e-12));
        CHECK(largest_difference(fused.parts().u_term, apart.parts().u_term) < 1e-13);
      }
}

}  // namespace norma
