// Every registered norm, whichever they are: gradients, masks, precisions, threads.
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/norms/norm.h"
#include "tests/catch.h"
#include "tests/golden.h"
#include "tests/gradcheck.h"
#include "tests/layers/norm_specs.h"
#include "tests/padding.h"
#include "tests/specimen.h"
#include "tests/table.h"

namespace norma {
namespace {

NormTraits traits_of(const std::string& type) {
  return norm_registry().at(type).define(affine_spec(type, 15)).traits;
}

}  // namespace

TEST_CASE("gradients of every norm", "[layers][table]") {
  Table table("worst gradient against central differences, float64 (*: not the input's)");
  for (const Entry* entry : norm_registry().entries())
    for (const int64_t channels : {1, 15, 17, 33}) {
      INFO(entry->type << " with " << channels << " channels");
      // A row norm over one channel divides x by about |x|: its slope has no digits to compare.
      const Domain domain =
          norm_registry().at(entry->type).define(affine_spec(entry->type, channels)).domain;
      if (channels == 1 && domain.kind == Domain::Kind::kRow) continue;
      const bool approximate = traits_of(entry->type).approximate_backward;
      const std::string row = entry->type + (approximate ? " *" : "");
      const MakeModule make = norm_maker(entry->type, channels);
      for (const Shape& input : {Shape{4, 5, channels}, Shape{2, 3, 4, channels}}) {
        const GradientErrors plain = gradcheck(make, {.input = input, .approximate = approximate});
        table.worst(row, "train", plain.train);
        table.worst(row, "eval", plain.eval);
      }
      const GradientErrors masked = gradcheck(
          make,
          {.input = {6, 5, channels}, .mask = mask_with_gaps(6, 5), .approximate = approximate});
      table.worst(row, "train, masked", masked.train);
      table.worst(row, "eval, masked", masked.eval);
    }
}

// Gradients that a norm leaves when it is differentiated in one way or the other.
Results results_of(NormDefinition (*define)(const Spec&), const std::string& type,
                   const Gradcheck& with, int64_t channels) {
  const MakeModule make = [&](const Scope& scope) -> std::unique_ptr<Module> {
    return std::make_unique<Norm>(scope, type, define(affine_spec(type, channels)), channels);
  };
  return Specimen(make, with, DType::kFloat64, true).forward_backward();
}

TEST_CASE("derivatives by hand are those of the formula", "[layers]") {
  int checked = 0;
  for (const Entry* entry : norm_registry().entries()) {
    const NormType& norm = norm_registry().at(entry->type);
    if (!norm.define_by_dual) continue;
    ++checked;
    for (const int64_t channels : {1, 15, 17, 33})
      for (const bool masked : {false, true}) {
        INFO(entry->type << " with " << channels << " channels, masked: " << masked);
        Gradcheck with{.input = {6, 5, channels}};
        if (masked) with.mask = mask_with_gaps(6, 5);
        const Results hand = results_of(norm.define, entry->type, with, channels);
        const Results dual = results_of(norm.define_by_dual, entry->type, with, channels);
        CHECK(same_bits(hand.output, dual.output));
        REQUIRE(hand.names == dual.names);
        for (size_t i = 0; i < hand.grads.size(); ++i) {
          INFO(hand.names[i]);
          // Where a row has one channel, what is left of its gradient is rounding.
          const double floor =
              channels == 1 && norm.define(affine_spec(entry->type, 1)).domain.per_row();
          const double scale = std::max(floor, largest_magnitude(dual.grads[i]));
          CHECK(largest_difference(hand.grads[i], dual.grads[i]) <= 1e-12 * scale);
        }
      }
  }
  CHECK(checked > 0);
}

TEST_CASE("every norm gives the same bits for any number of threads", "[layers]") {
  for (const Entry* entry : norm_registry().entries()) {
    INFO(entry->type);
    check_same_bits(norm_maker(entry->type, 33), {.input = {8, 129, 33}});
    check_same_bits(norm_maker(entry->type, 16), {.input = {2, 32, 32, 16}});
  }
}

// What a norm leaves when it starts afresh: its output and, behind it, its buffers.
std::vector<Numbers> left_by(const Spec& spec, const Tensor& x, const Tensor& mask) {
  ParamSet params(DType::kFloat64, 3);
  const auto norm = make_norm(Scope(params), spec, x.shape().back());
  params.materialize();
  Context ctx;
  ctx.training = true;
  ctx.mask = mask;
  std::vector<Numbers> left{(*norm)(ctx, Var{x}).value.to_vector()};
  for (const Buffer& buffer : params.buffers()) left.push_back(buffer.value.to_vector());
  return left;
}

TEST_CASE("padding changes nothing for valid positions", "[layers][table]") {
  Table table("worst that padding changes, outputs and statistics, float64");
  for (const Entry* entry : norm_registry().entries()) {
    INFO(entry->type);
    constexpr int64_t kChannels = 15;
    const Spec spec = affine_spec(entry->type, kChannels);
    RandomSequence random(RandomStream(5, 1));
    const Tensor x = Tensor::empty({2, 4, kChannels}, DType::kFloat64);
    for (int64_t i = 0; i < x.numel(); ++i) x.data<double>()[i] = random.normal();
    const std::vector<Numbers> plain = left_by(spec, x, {});

    // The same positions with padding, of nonsense, behind each sample.
    const Tensor padded = with_padding(x, {4, 4}, 7, std::nan(""));
    const Tensor mask = first_positions({4, 4}, 7);
    const std::vector<Numbers> masked = left_by(spec, padded, mask);
    for (size_t n = 0; n < 2; ++n)
      for (size_t s = 0; s < 7; ++s)
        for (size_t c = 0; c < kChannels; ++c) {
          const double expected = s < 4 ? plain[0][(n * 4 + s) * kChannels + c] : 0.0;
          CHECK(masked[0][(n * 7 + s) * kChannels + c] ==
                Approx(expected).epsilon(1e-12).margin(1e-12));
        }
    REQUIRE(masked.size() == plain.size());
    const auto tensor = [](const Numbers& numbers) {
      return Tensor::from(numbers, {std::ssize(numbers)}, DType::kFloat64);
    };
    const Tensor expected =
        with_padding(Tensor::from(plain[0], x.shape(), DType::kFloat64), {4, 4}, 7, 0);
    table.worst(entry->type, "output", relative_difference(tensor(masked[0]), expected));
    for (size_t b = 1; b < plain.size(); ++b)
      table.worst(entry->type, "statistics",
                  relative_difference(tensor(masked[b]), tensor(plain[b])));
    for (size_t b = 1; b < plain.size(); ++b)
      for (size_t i = 0; i < plain[b].size(); ++i)
        CHECK(masked[b][i] == Approx(plain[b][i]).epsilon(1e-12).margin(1e-12));
  }
}

TEST_CASE("running statistics pass over what has no variance", "[layers]") {
  int checked = 0;
  for (const Entry* entry : norm_registry().entries()) {
    Json options = *affine_spec(entry->type, 3).options;
    if (!options.contains("track_running_stats")) continue;
    options["track_running_stats"] = true;
    ++checked;
    INFO(entry->type);
    ParamSet params(DType::kFloat64, 3);
    const auto norm = make_norm(Scope(params), make_spec(options, norm_registry(), entry->type), 3);
    params.materialize();
    std::vector<Numbers> before;
    for (const Buffer& buffer : params.buffers()) before.push_back(buffer.value.to_vector());
    for (const int valid : {0, 1}) {
      Context ctx;
      ctx.training = true;
      ctx.mask = Tensor::zeros({2, 4}, DType::kUInt8);
      ctx.mask.data<uint8_t>()[2] = static_cast<uint8_t>(valid);
      (*norm)(ctx, Var{Tensor::full({2, 4, 3}, DType::kFloat64, 5.0)});
      for (size_t b = 0; b < before.size(); ++b)
        CHECK(params.buffers()[b].value.to_vector() == before[b]);
    }
  }
  CHECK(checked >= 2);
}

TEST_CASE("float32 survives a mean far above the deviation", "[layers]") {
  for (const Entry* entry : norm_registry().entries()) {
    constexpr int64_t kChannels = 64;
    const Spec spec = affine_spec(entry->type, kChannels);
    if (!norm_registry().at(entry->type).define(spec).centred) continue;
    INFO(entry->type);
    RandomSequence random(RandomStream(11, 1));
    const Tensor x = Tensor::empty({8, 16, kChannels}, DType::kFloat32);
    for (int64_t i = 0; i < x.numel(); ++i)
      x.data<float>()[i] = static_cast<float>(2000 + 1e-2 * random.normal());
    const auto run = [&](DType dtype) {
      ParamSet params(dtype, 3);
      const auto norm = make_norm(Scope(params), spec, kChannels);
      params.materialize();
      Context ctx;
      ctx.training = true;
      ctx.dtype = dtype;
      return (*norm)(ctx, Var{x.to(dtype)}).value.to_vector();
    };
    const std::vector<double> reference = run(DType::kFloat64), computed = run(DType::kFloat32);
    double worst = 0;
    for (size_t i = 0; i < reference.size(); ++i)
      worst = std::max(worst, std::abs(computed[i] - reference[i]));
    // An output as large as the input, by a map of its own, has no digits beyond float32's.
    double largest = 0;
    for (const double y : reference) largest = std::max(largest, std::abs(y));
    CHECK(worst < std::max(1e-4, 2 * std::numeric_limits<float>::epsilon() * largest));
  }
}

TEST_CASE("a fused stream equals its parts", "[layers]") {
  for (const Entry* entry : norm_registry().entries()) {
    INFO(entry->type);
    gradcheck(
        [&](const Scope& scope) -> std::unique_ptr<Module> {
          auto norm =
              std::shared_ptr<Norm>(make_norm(scope / "norm", affine_spec(entry->type, 17), 17));
          return std::make_unique<FunctionModule>(scope, [norm](Context& ctx, const Var& x) {
            // base and branch are both x, so that the check sees both gradients; the sum is used
            // too.
            const auto [sum, y] =
                norm->on_stream(ctx, Stream{.base = x, .branch = x, .scale = 0.7, .drop = {}});
            return resolve(ctx, Stream{.base = sum.base, .branch = y, .drop = {}});
          });
        },
        {.input = {4, 5, 17}, .approximate = traits_of(entry->type).approximate_backward});
  }
}

TEST_CASE("a fused shortcut and activation equal their parts", "[layers]") {
  for (const Entry* entry : norm_registry().entries())
    for (const Activation kind : {Activation::kRelu, Activation::kSilu}) {
      INFO(entry->type);
      gradcheck(
          [&](const Scope& scope) -> std::unique_ptr<Module> {
            auto norm =
                std::shared_ptr<Norm>(make_norm(scope / "norm", affine_spec(entry->type, 16), 16));
            return std::make_unique<FunctionModule>(
                scope, [norm, kind](Context& ctx, const Var& x) {
                  return norm->with_activation(ctx, x, &x, kind);
                });
          },
          {.input = {6, 4, 4, 16}, .approximate = traits_of(entry->type).approximate_backward});
    }
}

}  // namespace norma
