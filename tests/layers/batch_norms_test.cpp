// Batch normalization and its kin, where they differ from other norms: parts of a batch, statistics
// that look back or stream, values without a gradient, several ranks.
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/norms/norm.h"
#include "layers/norms/population.h"
#include "tests/catch.h"
#include "tests/golden.h"
#include "tests/gradcheck.h"
#include "tests/layers/norm_specs.h"
#include "tests/ranks_as_threads.h"
#include "tests/specimen.h"

namespace norma {
namespace {

std::unique_ptr<Norm> norm_of(const Scope& scope, const Json& options, int64_t channels) {
  return make_norm(scope, make_spec(options, norm_registry(), "the test"), channels);
}

Tensor normal_input(const Shape& shape, DType dtype = DType::kFloat64) {
  return Tensor::from(normal_numbers("x", shape.numel()), shape, dtype);
}

// All sides of a norm on shapes of odd widths, with and without mask.
void check(const Json& options, int64_t samples) {
  for (const int64_t channels : {1, 15, 17, 33}) {
    INFO(options.dump() << ", " << channels << " channels");
    gradcheck(maker_of(options, channels), {.input = {samples, 5, channels}});
    gradcheck(maker_of(options, channels),
              {.input = {samples, 5, channels}, .mask = mask_with_gaps(samples, 5)});
  }
}

const Json kLimited{{"type", "batch_renorm"},
                    {"rmax", 1.3},
                    {"dmax", 0.4},
                    {"rmax_steps", {0, 0}},
                    {"dmax_steps", {0, 0}}};

// Central differences of Σ output·weight by the input, next to what the backward says: the largest
// distance, relative to the largest difference.
double deviation(const Json& options, const Shape& shape) {
  Specimen specimen(maker_of(options, shape.back()), {.input = shape}, DType::kFloat64, true);
  const Results results = specimen.forward_backward();
  const Tensor x = specimen.differentiated()[0];
  const Numbers weight = specimen.output_weights(shape).to_vector();
  double worst = 0, largest = 0;
  for (int64_t i = 0; i < x.numel(); i += 3) {
    constexpr double kStep = 1e-5;
    const double kept = x.data<double>()[i];
    const auto loss_at = [&](double value) {
      x.data<double>()[i] = value;
      const Numbers y = specimen.forward_only().to_vector();
      double sum = 0;
      for (size_t k = 0; k < y.size(); ++k) sum += y[k] * weight[k];
      return sum;
    };
    const double difference = (loss_at(kept + kStep) - loss_at(kept - kStep)) / (2 * kStep);
    x.data<double>()[i] = kept;
    worst = std::max(worst, std::abs(difference - results.grads[0].data<double>()[i]));
    largest = std::max(largest, std::abs(difference));
  }
  return worst / largest;
}

}  // namespace

TEST_CASE("gradients of ghost batches, the last of which is smaller", "[layers]") {
  check({{"type", "batch_norm"}, {"ghost_batch", 2}}, 5);
  check({{"type", "batch_norm"}, {"ghost_batch", 2}}, 11);  // more than run as a sample each
}

TEST_CASE("a ghost batch of the whole batch is batch norm, to the bit", "[layers]") {
  const Gradcheck with{.input = {6, 7, 17}};
  const auto results = [&](const Json& options) {
    return Specimen(maker_of(options, 17), with, DType::kFloat32, true).forward_backward();
  };
  const Results whole = results("batch_norm");
  const Results ghost = results({{"type", "batch_norm"}, {"ghost_batch", 6}});
  CHECK(same_bits(whole.output, ghost.output));
  CHECK(same_bits(whole.grads[0], ghost.grads[0]));
}

TEST_CASE("ghost batches of one value are refused", "[layers]") {
  ParamSet params(DType::kFloat64, 3);
  const auto norm = norm_of(Scope(params), {{"type", "batch_norm"}, {"ghost_batch", 2}}, 3);
  params.materialize();
  Context ctx;
  ctx.training = true;
  CHECK_NOTHROW((*norm)(ctx, Var{normal_input({4, 3})}));
  CHECK_THROWS_WITH((*norm)(ctx, Var{normal_input({5, 3})}),
                    Catch::Matchers::ContainsSubstring("over a single value"));
}

TEST_CASE("frozen statistics normalize in training as in eval, and stay", "[layers]") {
  for (const char* type : {"batch_norm", "instance_norm", "batch_renorm", "lp_batch_norm",
                           "split_batch_norm", "sync_batch_norm"}) {
    INFO(type);
    const Json options{{"type", type}, {"frozen", true}, {"track_running_stats", true}};
    check(options, 4);
    ParamSet params(DType::kFloat64, 3);
    const auto norm = norm_of(Scope(params), options, 3);
    params.materialize();
    const Tensor x = normal_input({4, 5, 3});
    Context ctx;
    const Tensor in_eval = (*norm)(ctx, Var{x}).value;
    ctx.training = true;
    CHECK(same_bits((*norm)(ctx, Var{x}).value, in_eval));
    for (const Buffer& buffer : params.buffers())
      for (const double number : buffer.value.to_vector())
        CHECK(number == (buffer.name.find("mean") == std::string::npos &&
                                 buffer.name.find("batches") == std::string::npos
                             ? 1
                             : 0));
  }
  CHECK_THROWS_WITH(
      make_spec({{"type", "batch_norm"}, {"frozen", true}, {"track_running_stats", false}},
                norm_registry(), "the test"),
      Catch::Matchers::ContainsSubstring("frozen"));
}

TEST_CASE("gradients of batch renorm within and at its limits", "[layers]") {
  check(kLimited, 4);
  Json loose = kLimited;
  loose["rmax"] = loose["dmax"] = 1e3;
  check(loose, 4);
}

TEST_CASE("gradients of splits, and batches that do not fit them", "[layers]") {
  check({{"type", "split_batch_norm"}, {"splits", 3}}, 6);
  ParamSet params(DType::kFloat64, 3);
  const auto norm = norm_of(Scope(params), "split_batch_norm", 3);
  params.materialize();
  Context ctx;
  ctx.training = true;
  CHECK_THROWS_WITH((*norm)(ctx, Var{normal_input({5, 4, 3})}),
                    Catch::Matchers::ContainsSubstring("5 samples cannot be cut into 2"));
}

TEST_CASE("gradients of Lp deviations", "[layers]") {
  for (const int p : {1, 2, 3, 4}) check({{"type", "lp_batch_norm"}, {"p", p}}, 4);
}

TEST_CASE("norms labelled approximate are near their gradient, not at it", "[layers]") {
  for (const char* type : {"batch_norm", "power_norm", "online_norm"}) {
    const Spec spec = make_spec(Json(type), norm_registry(), "the test");
    const NormTraits traits = norm_registry().at(type).define(spec).traits;
    const double found = deviation(*spec.options, {8, 6, 17});
    INFO(type << " deviates from its gradient by " << found);
    CHECK(traits.approximate_backward == (found > 1e-3));
    CHECK(found < (traits.approximate_backward ? 0.5 : 1e-6));
  }
}

TEST_CASE("streaming statistics go on where they were saved", "[layers]") {
  for (const char* type : {"power_norm", "online_norm"}) {
    INFO(type);
    const auto step = [](ParamSet& params, Norm& norm, int number) {
      Tape tape;
      Context ctx;
      ctx.tape = &tape;
      ctx.training = true;
      const Shape shape{4, 5, 17};
      const auto numbers = [&](const std::string& name) {
        return Tensor::from(normal_numbers(name + std::to_string(number), shape.numel()), shape,
                            DType::kFloat32);
      };
      const Var y = norm(ctx, tape.leaf(numbers("x")));
      const Tensor output = y.value.clone();
      tape.backward(y, numbers("dy"));
      params.zero_grad();
      return output;
    };
    ParamSet whole(DType::kFloat32, 3), resumed(DType::kFloat32, 3);
    const auto first = norm_of(Scope(whole), type, 17), second = norm_of(Scope(resumed), type, 17);
    whole.materialize();
    resumed.materialize();
    step(whole, *first, 0);
    step(whole, *first, 1);
    for (size_t i = 0; i < whole.buffers().size(); ++i)
      resumed.buffers()[i].value.copy_from(whole.buffers()[i].value);
    CHECK(same_bits(step(whole, *first, 2), step(resumed, *second, 2)));
    for (size_t i = 0; i < whole.buffers().size(); ++i) {
      INFO(whole.buffers()[i].name);
      CHECK(same_bits(whole.buffers()[i].value, resumed.buffers()[i].value));
    }
  }
}

TEST_CASE("batch norm over ranks is that of all their samples", "[layers]") {
  constexpr int kRanks = 3;
  const Shape whole_shape{6, 5, 17}, share_shape{2, 5, 17};
  const Tensor x = normal_input(whole_shape), mask = mask_with_gaps(6, 5);
  const Tensor weights =
      Tensor::from(normal_numbers("dy", whole_shape.numel()), whole_shape, DType::kFloat64);
  struct Left {
    Tensor y, dx, dweight, mean, var;
  };
  const auto run = [&](const char* type, Comm& comm, int64_t first, const Shape& shape) {
    ParamSet params(DType::kFloat64, 3);
    const auto norm = norm_of(Scope(params), type, 17);
    params.materialize();
    params.zero_grad();
    Tape tape;
    Context ctx;
    ctx.tape = &tape;
    ctx.training = true;
    ctx.comm = &comm;
    ctx.mask = mask.slice(first * 5, {shape[0], 5});
    const Var input = tape.leaf(x.slice(first * 5 * 17, shape));
    const Var y = (*norm)(ctx, input);
    const Tensor output = y.value.clone();
    tape.backward(y, weights.slice(first * 5 * 17, shape));
    return Left{output, tape.grad(input), params.grads().clone(),
                params.find_buffer("running_mean")->value.clone(),
                params.find_buffer("running_var")->value.clone()};
  };
  const Left whole = run("batch_norm", single_process(), 0, whole_shape);
  const Left alone = run("sync_batch_norm", single_process(), 0, whole_shape);
  CHECK(same_bits(alone.y, whole.y));
  CHECK(same_bits(alone.dx, whole.dx));

  std::vector<Left> shares(kRanks);
  on_ranks(kRanks, [&](Comm& comm) {
    shares[static_cast<size_t>(comm.rank())] =
        run("sync_batch_norm", comm, 2 * comm.rank(), share_shape);
  });
  const Tensor dweight = Tensor::zeros(whole.dweight.shape(), DType::kFloat64);
  for (int rank = 0; rank < kRanks; ++rank) {
    const Left& share = shares[static_cast<size_t>(rank)];
    const int64_t first = 2 * rank * 5 * 17;
    CHECK(largest_difference(share.y, whole.y.slice(first, share_shape)) < 1e-13);
    CHECK(largest_difference(share.dx, whole.dx.slice(first, share_shape)) < 1e-13);
    CHECK(same_bits(share.mean, shares[0].mean));
    CHECK(same_bits(share.var, shares[0].var));
    CHECK(largest_difference(share.var, whole.var) < 1e-14);
    for (int64_t i = 0; i < dweight.numel(); ++i)
      dweight.data<double>()[i] += share.dweight.data<double>()[i];
  }
  CHECK(largest_difference(dweight, whole.dweight) < 1e-12);
}

TEST_CASE("re-estimated statistics are those of all batches as one", "[layers]") {
  const Tensor x = normal_input({9, 5, 17});
  for (const char* type : {"batch_norm", "batch_renorm", "sync_batch_norm", "split_batch_norm",
                           "evo_norm_b0", "switchable_norm"}) {
    INFO(type);
    // A step with all the weight on the new value, over everything at once.
    ParamSet expected(DType::kFloat64, 3), found(DType::kFloat64, 3);
    const Json options{{"type", type}, {"momentum", 1.0}};
    const auto whole = norm_of(Scope(expected) / "norm",
                               type == std::string("split_batch_norm")
                                   ? Json{{"type", "batch_norm"}, {"momentum", 1.0}}
                                   : options,
                               17);
    const auto norm = norm_of(Scope(found) / "norm", options, 17);
    expected.materialize();
    found.materialize();
    Context ctx;
    ctx.training = true;
    (*whole)(ctx, Var{x});

    PopulationStatistics population;
    ctx.training = false;
    ctx.population = &population;
    for (const auto& [first, samples] : {std::pair{0, 4}, {4, 2}, {6, 3}})
      (*norm)(ctx, Var{x.slice(first * 5 * 17, {samples, 5, 17})});
    for (const double mean : norm->running_mean()->value.to_vector()) CHECK(mean == 0);
    const PopulationStatistics::Change change = population.store(single_process());
    CHECK(change.norms == 1);
    CHECK(change.values == 45);
    CHECK(change.largest > 0.01);
    CHECK(change.where.starts_with("norm.running_"));
    CHECK(largest_difference(norm->running_mean()->value, whole->running_mean()->value) < 1e-14);
    CHECK(largest_difference(norm->running_second()->value, whole->running_second()->value) <
          1e-14);
  }
}

}  // namespace norma
