// Layers with re-parametrized weights: gradients, threads, state, caches, refusals.
#include "core/config/config.h"
#include "layers/weights/reparam.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"
#include "tests/layers/reparametrized.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

// Training with what a forward changes besides its output held fixed, as a replay does.
MakeModule held(const MakeModule& make) {
  class Held : public Module {
   public:
    Held(const Scope& scope, std::unique_ptr<Module> layer)
        : Module(scope), layer_(std::move(layer)) {}

   protected:
    Var forward(Context& ctx, const Var& x) override {
      ctx.replaying = true;
      return (*layer_)(ctx, x);
    }

   private:
    std::unique_ptr<Module> layer_;
  };
  return [=](const Scope& scope) { return std::make_unique<Held>(scope, make(scope)); };
}

struct Place {
  Json layer;
  Shape input;
};

std::vector<Place> places() {
  return {{{{"type", "linear"}, {"out", 17}}, {3, 15}},
          {{{"type", "linear"}, {"out", 1}, {"bias", false}}, {2, 3, 33}},
          {{{"type", "linear"}, {"out", 5}}, {4, 2}},
          {{{"type", "conv2d"}, {"out", 5}, {"padding", 1}}, {2, 5, 4, 3}},
          {{{"type", "conv2d"}, {"out", 15}, {"kernel", 1}}, {2, 3, 3, 7}},
          {{{"type", "conv2d"}, {"out", 6}, {"groups", 3}, {"stride", 2}}, {2, 5, 7, 9}},
          {{{"type", "conv2d"}, {"out", 5}, {"groups", 5}, {"padding", 1}}, {1, 5, 5, 5}}};
}

}  // namespace

TEST_CASE("gradients of every re-parametrization are right in every layer that takes one",
          "[weights]") {
  for (const Json& reparam : reparams()) {
    for (const auto& [layer, input] : places()) {
      const Json spec = with_reparam(layer, reparam);
      INFO(spec.dump());
      gradcheck(held(layer_of(spec, input)), {.input = input});
    }
  }
}

// What a training forward moves (u and v) is no function of the weight in the gradient. Where the
// iteration has converged that is exact all the same, and differences show it.
TEST_CASE("spectral norm's gradient is the true one once the iteration has converged",
          "[weights]") {
  const Json reparam = {{"type", "spectral_norm"}, {"iterations", 400}};
  for (const auto& [layer, input] : places()) {
    const Json spec = with_reparam(layer, reparam);
    INFO(spec.dump());
    gradcheck(layer_of(spec, input), {.input = input, .eval = false});
  }
}

TEST_CASE("re-parametrized layers give the same bits for any number of threads", "[weights]") {
  for (const Json& reparam : reparams()) {
    INFO(reparam.dump());
    const Shape rows{300, 520}, image{4, 9, 9, 48};
    check_same_bits(layer_of(with_reparam({{"type", "linear"}, {"out", 410}}, reparam), rows),
                    {.input = rows});
    check_same_bits(
        layer_of(with_reparam({{"type", "conv2d"}, {"out", 64}, {"groups", 2}}, reparam), image),
        {.input = image});
  }
}

TEST_CASE("projections of attention and feed-forward take a re-parametrization", "[weights]") {
  const Json reparam = {{"type", "weight_norm"}};
  for (const char* type : {"attention", "ffn"}) {
    Json layer = {{"type", type}, {"reparam", reparam}};
    if (layer["type"] == "attention") layer["heads"] = 3;
    const Shape input{2, 5, 9};
    gradcheck(layer_of(layer, input), {.input = input});
  }
}

TEST_CASE("a layer without re-parametrization learns its weight under the usual name",
          "[weights]") {
  Layer layer(kLinear, {2, 7});
  REQUIRE(layer.set.params().size() == 1);
  CHECK(layer.set.params()[0].name == "weight");
  CHECK(layer.set.buffers().empty());
}

TEST_CASE("state has the names and shapes of the libraries it comes from", "[weights]") {
  const auto state_of = [](const Json& spec, const Shape& input) {
    Layer layer(spec, input);
    std::string text;
    for (const Param& p : layer.set.params())
      text += p.name + p.shape.str() + name_of(p.kind) + " ";
    for (const Buffer& b : layer.set.buffers()) text += b.name + b.value.shape().str() + " ";
    return text;
  };
  const Json conv = {{"type", "conv2d"}, {"out", 6}, {"groups", 2}, {"bias", false}};
  const Shape image{1, 5, 5, 4};
  CHECK(state_of(with_reparam(conv, "weight_norm"), image) ==
        "weight_v(6, 2, 3, 3)weight weight_g(6, 1, 1, 1)gain ");
  CHECK(state_of(with_reparam(kLinear, "weight_norm"), {1, 7}) ==
        "weight_v(9, 7)weight weight_g(9, 1)gain ");
  CHECK(state_of(with_reparam(conv, "spectral_norm"), image) ==
        "weight(6, 2, 3, 3)weight u(6) v(18) ");
  CHECK(state_of(with_reparam(conv, "weight_standardization"), image) ==
        "weight(6, 2, 3, 3)weight ");
  CHECK(state_of(with_reparam(conv, "scaled_weight_standardization"), image) ==
        "weight(6, 2, 3, 3)weight gain(6, 1, 1, 1)gain ");
  CHECK(state_of(with_reparam(conv, "centered_weight"), image) == "weight(6, 2, 3, 3)weight ");
}

TEST_CASE("a derived weight follows its parameters, and is not derived twice", "[weights]") {
  int derived = 0;
  for (const Json& reparam : reparams()) {
    INFO(reparam.dump());
    ParamSet set(DType::kFloat32, 4);
    Weight weight(Scope(set), make_spec(reparam, reparam_registry(), "reparam"), {9, 7},
                  Init::normal(1));
    set.materialize();
    Context ctx;
    const WeightUse first = weight.use(ctx), again = weight.use(ctx);
    if (first.learned) continue;  // kept on a surface by optimizer steps, not derived
    ++derived;
    CHECK_FALSE(first.var.needs_grad());
    CHECK(again.tensor().same_memory(first.tensor()));
    CHECK(again.version == first.version);
    const Tensor kept = first.tensor().clone();
    weight.leaf().value.data<float>()[3] += 1;
    set.touch();
    const WeightUse changed = weight.use(ctx);
    CHECK(changed.version != first.version);
    CHECK_FALSE(same_bits(changed.tensor(), kept));
    CHECK(same_bits(first.tensor(), kept));  // an earlier forward may still need it
  }
  CHECK(derived >= 10);
}

TEST_CASE("a convolution repacks its weight when the derived one changes", "[weights]") {
  const Json conv = {{"type", "conv2d"}, {"out", 8}, {"reparam", "spectral_norm"}};
  Layer used(conv, {2, 6, 6, 8}), fresh(conv, {2, 6, 6, 8});
  const Tensor before = used.forward();  // packs; the next one moves u and v
  const Tensor after = used.forward();
  CHECK_FALSE(same_bits(before, after));
  for (const char* name : {"u", "v"})
    fresh.set.find_buffer(name)->value.copy_from(used.set.find_buffer(name)->value);
  fresh.ctx.training = false;
  CHECK(same_bits(fresh.forward(), after));
}

TEST_CASE("training saved half-way goes on with the same bits", "[weights]") {
  for (const Json& reparam : reparams()) {
    const Json spec = with_reparam({{"type", "linear"}, {"out", 9}}, reparam);
    INFO(spec.dump());
    Layer whole(spec, {6, 7}), resumed(spec, {6, 7});
    for (int i = 0; i < 3; ++i) whole.step();
    resumed.step();  // a state of its own, all of which must be overwritten
    resumed.set.values().copy_from(whole.set.values());
    for (size_t i = 0; i < whole.set.buffers().size(); ++i)
      resumed.set.buffers()[i].value.copy_from(whole.set.buffers()[i].value);
    resumed.set.touch();
    for (int i = 0; i < 3; ++i) whole.step(), resumed.step();
    CHECK(same_bits(whole.set.values(), resumed.set.values()));
    for (size_t i = 0; i < whole.set.buffers().size(); ++i)
      CHECK(same_bits(whole.set.buffers()[i].value, resumed.set.buffers()[i].value));
  }
}

TEST_CASE("a re-parametrization that cannot work says so", "[weights]") {
  ParamSet set(DType::kFloat32, 1);
  const auto make = [&](const std::string& type, int64_t in, Init init) {
    const Weight made(Scope(set, type + "_head"), make_spec(type, reparam_registry(), "reparam"),
                      {3, in}, init);
  };
  CHECK_THROWS_WITH(make("weight_standardization", 1, Init::normal(1)),
                    ContainsSubstring("[weight_standardization weight_standardization_head]") &&
                        ContainsSubstring("at least 2 weights"));
  for (const char* type : {"weight_norm", "spectral_norm", "unit_weight"})
    CHECK_THROWS_WITH(make(type, 5, Init::constant(0)),
                      ContainsSubstring("weights that start at 0"));
  const Json misspelt = with_reparam(kLinear, "spectral_nrom");
  CHECK_THROWS_WITH(make_spec(misspelt, layer_registry(), "layer"),
                    ContainsSubstring("spectral_norm"));
}

}  // namespace norma
