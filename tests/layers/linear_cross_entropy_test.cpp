#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/elementwise.h"
#include "layers/loss.h"
#include "tests/catch.h"
#include "tests/threads.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

struct HeadProblem {
  int64_t rows = 7, in = 5, classes = 11;
  bool bias = false;
  nlohmann::json loss = nlohmann::json::object();
  std::function<bool(int64_t)> counts = [](int64_t) { return true; };
  DType dtype = DType::kFloat64;
  std::optional<double> soft_cap = {};
};

Tensor numbers(const Shape& shape, uint64_t seed) {
  std::vector<double> drawn(static_cast<size_t>(shape.numel()));
  uint64_t state = seed;
  for (double& number : drawn) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    number = static_cast<double>(state >> 33) / 1073741824.0 - 1;
  }
  return Tensor::from(drawn, shape, DType::kFloat64);
}

// A head with its loss, in memory of its own.
struct Head {
  explicit Head(const HeadProblem& problem)
      : problem(problem),
        set(problem.dtype, 1),
        linear(Scope(set) / "head", problem.in, problem.classes, problem.bias),
        x(numbers({problem.rows, problem.in}, 3).to(problem.dtype)) {
    nlohmann::json spec = problem.loss;
    spec["type"] = "cross_entropy";
    loss = make_loss(make_spec(spec, loss_registry(), "loss"));
    set.materialize();
    linear.weight().value.copy_from(numbers(linear.weight().shape, 4));
    if (problem.bias) linear.bias()->value.copy_from(numbers({problem.classes}, 5));
    ctx.target = Tensor::empty({problem.rows}, DType::kInt32);
    for (int64_t row = 0; row < problem.rows; ++row)
      ctx.target.data<int32_t>()[row] =
          problem.counts(row) ? static_cast<int32_t>(row * 7 % problem.classes) : -100;
    ctx.training = true;
  }

  LossResult forward(Var features) {
    return loss->of(
        ctx, {.features = std::move(features), .head = &linear, .soft_cap = problem.soft_cap});
  }
  double loss_alone() { return forward(Var{x}).total; }

  struct Outcome {
    double total, weight;
    int64_t correct;
    std::vector<double> dx, dweight, dbias;
    bool operator==(const Outcome&) const = default;
  };
  // In the forward where `at_once`, else as the plain operations have it.
  Outcome train(bool at_once) {
    Tape tape;
    Scoped recording(ctx.tape, &tape);
    ctx.loss_gradient_is_one = at_once;
    ctx.begin_forward(0);
    set.zero_grad();
    const Var leaf = tape.leaf(x.clone());
    const LossResult result = forward(scale(ctx, leaf, 1));
    formed_in_forward = linear.weight().grad.to_vector() != numbers_of_zero();
    CHECK(result.sum.value.item() == Approx(result.total));
    tape.backward(result.sum);
    return {result.total,
            result.weight,
            result.correct,
            tape.grad(leaf).to_vector(),
            linear.weight().grad.to_vector(),
            problem.bias ? linear.bias()->grad.to_vector() : std::vector<double>()};
  }
  std::vector<double> numbers_of_zero() const {
    return std::vector<double>(static_cast<size_t>(linear.weight().numel()), 0.0);
  }

  HeadProblem problem;
  ParamSet set;
  Linear linear;
  Tensor x;
  std::unique_ptr<Loss> loss;
  Context ctx;
  bool formed_in_forward = false;
};

void check_equal(const std::vector<double>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  double size = 0, error = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    size = std::max(size, std::abs(expected[i]));
    error = std::max(error, std::abs(found[i] - expected[i]));
  }
  CHECK(error <= 1e-12 * size);
}

void check_like_plain(const HeadProblem& problem) {
  Head head(problem);
  const Head::Outcome plain = head.train(false);
  CHECK_FALSE(head.formed_in_forward);
  const Head::Outcome found = head.train(true);
  CHECK(head.formed_in_forward == (plain.weight > 0));
  CHECK(found.total == Approx(plain.total).epsilon(1e-12));
  CHECK(found.weight == plain.weight);
  CHECK(found.correct == plain.correct);
  check_equal(found.dx, plain.dx);
  check_equal(found.dweight, plain.dweight);
  check_equal(found.dbias, plain.dbias);
  CHECK(head.loss_alone() == Approx(plain.total).epsilon(1e-12));  // an evaluation, no tape
}

bool every_third(int64_t row) { return row % 3 == 1; }

TEST_CASE("cross-entropy by chunks of logits is that of all logits, gradients too") {
  check_like_plain({});
  check_like_plain({.rows = 613, .in = 16, .classes = 1000});
  check_like_plain({.rows = 613, .in = 16, .classes = 1000, .bias = true});
  check_like_plain({.rows = 1, .in = 1, .classes = 2});
  check_like_plain({.rows = 0});
}

TEST_CASE("cross-entropy by chunks leaves out the rows that do not count") {
  check_like_plain({.counts = every_third});
  check_like_plain({.rows = 2001, .classes = 300, .bias = true, .counts = every_third});
  // As many as one chunk holds, of more rows than that.
  check_like_plain({.rows = 613, .classes = 1000, .counts = [](int64_t row) { return row > 100; }});
  check_like_plain({.counts = [](int64_t) { return false; }});
  check_like_plain({.rows = 613, .classes = 1000, .loss = {{"ignore_index", 3}}});
}

TEST_CASE("cross-entropy by chunks has smoothing and the z-loss") {
  for (const int64_t rows : {33, 613}) {
    check_like_plain({.rows = rows, .classes = 900, .loss = {{"label_smoothing", 0.2}}});
    check_like_plain({.rows = rows, .classes = 900, .loss = {{"z_loss", 0.05}}});
    check_like_plain({.rows = rows,
                      .classes = 900,
                      .loss = {{"z_loss", 0.05}, {"label_smoothing", 0.1}},
                      .counts = every_third});
  }
}

// Both ways round the same operands; their float32 sums differ in order, and a number near a tie
// may then round to its other neighbour.
TEST_CASE("cross-entropy by chunks reads bfloat16 as the plain product does") {
  for (const bool some : {false, true}) {
    HeadProblem problem{
        .rows = 613, .in = 64, .classes = 1000, .bias = true, .dtype = DType::kFloat32};
    if (some) problem.counts = every_third;
    Head head(problem);
    head.ctx.dtype = DType::kFloat32;
    const Head::Outcome exact = head.train(false);
    head.ctx.operands = Operands::kBFloat16;
    const Head::Outcome plain = head.train(false), found = head.train(true);
    CHECK(found.total == Approx(plain.total).epsilon(1e-6));
    CHECK(found.total != exact.total);
    const auto distance = [](const std::vector<double>& a, const std::vector<double>& b) {
      double size = 0, error = 0;
      for (size_t i = 0; i < a.size(); ++i) {
        size = std::max(size, std::abs(b[i]));
        error = std::max(error, std::abs(a[i] - b[i]));
      }
      return error / size;
    };
    CHECK(distance(found.dx, plain.dx) <= 1e-3);
    CHECK(distance(found.dweight, plain.dweight) <= 1e-3);
    CHECK(distance(found.dbias, plain.dbias) <= 1e-5);
  }
}

TEST_CASE("gradients of cross-entropy by chunks are those of differences") {
  Head head(
      {.rows = 9, .loss = {{"z_loss", 0.05}, {"label_smoothing", 0.1}}, .counts = every_third});
  const Head::Outcome found = head.train(true);
  const auto slope = [&](double* number) {
    constexpr double kStep = 1e-5;
    const double before = *number;
    *number = before + kStep;
    const double above = head.loss_alone();
    *number = before - kStep;
    const double below = head.loss_alone();
    *number = before;
    return (above - below) / (2 * kStep);
  };
  for (int64_t i = 0; i < head.x.numel(); ++i)
    CHECK(found.dx[static_cast<size_t>(i)] ==
          Approx(slope(head.x.data<double>() + i)).margin(1e-8));
  for (int64_t i = 0; i < head.linear.weight().numel(); ++i)
    CHECK(found.dweight[static_cast<size_t>(i)] ==
          Approx(slope(head.linear.weight().value.data<double>() + i)).margin(1e-8));
}

TEST_CASE("one and two threads give the same bits of cross-entropy by chunks") {
  for (const bool all : {true, false}) {
    Head head({.rows = 1500,
               .in = 40,
               .classes = 1100,
               .bias = true,
               .counts = [=](int64_t row) { return all || every_third(row); },
               .dtype = DType::kFloat32});
    const auto with_threads = [&](int count) {
      const Threads threads(count);
      return head.train(true);
    };
    CHECK(with_threads(1) == with_threads(2));
  }
}

TEST_CASE("cross-entropy by chunks never holds all logits") {
  Head head({.rows = 8192, .in = 8, .classes = 2000, .dtype = DType::kFloat32});
  const size_t logits = 8192 * 2000 * sizeof(float);
  const auto most_in_use = [&](auto&& run) {
    reset_pool_peak();
    const size_t before = pool_statistics().bytes_in_use;
    run();
    return pool_statistics().peak_in_use - before;
  };
  CHECK(most_in_use([&] { head.train(false); }) > logits);
  CHECK(most_in_use([&] { head.train(true); }) < logits / 8);
  CHECK(most_in_use([&] { head.loss_alone(); }) < logits / 8);
}

TEST_CASE("features that nobody else holds give their memory to their gradient") {
  Head head({.rows = 64, .in = 100, .classes = 20, .dtype = DType::kFloat32});
  Tape tape;
  head.ctx.tape = &tape;
  head.ctx.loss_gradient_is_one = true;
  const auto in_use_after = [&](bool hold) {
    head.ctx.begin_forward(0);
    Var features = scale(head.ctx, tape.leaf(head.x), 1);
    const Var held = hold ? features : Var{};
    const auto before = features.value.to_vector();
    const LossResult result = head.forward(std::move(features));
    if (hold) CHECK(held.value.to_vector() == before);
    return pool_statistics().bytes_in_use;
  };
  CHECK(in_use_after(true) >= in_use_after(false) + head.x.bytes());
}

struct Onlooker final : TapeObserver {
  std::vector<std::string> seen;
  void on_forward(const std::string&, const char*, const Tensor& output) override {
    seen.push_back(output.shape().str());
  }
};

TEST_CASE("logits are all made where more is done to them or somebody looks on") {
  Head capped({.soft_cap = 2.0});
  const Head::Outcome expected = capped.train(false);
  CHECK(capped.train(true) == expected);
  CHECK_FALSE(capped.formed_in_forward);

  Head watched{HeadProblem{}};
  Onlooker onlooker;
  watched.ctx.observer = &onlooker;
  const Head::Outcome plain = watched.train(false);
  CHECK(watched.train(true) == plain);
  CHECK_FALSE(watched.formed_in_forward);
  CHECK(std::count(onlooker.seen.begin(), onlooker.seen.end(), "(7, 11)") == 2);
}

TEST_CASE("a gradient formed in the forward is for a loss differentiated as was said") {
  Head head{HeadProblem{}};
  Tape tape;
  head.ctx.tape = &tape;
  head.ctx.loss_gradient_is_one = true;
  const LossResult result = head.forward(tape.leaf(head.x));
  CHECK_THROWS_WITH(tape.backward(result.sum, Tensor::full({1}, DType::kFloat64, 2.0)),
                    ContainsSubstring("with a gradient of 1 got another"));
}

TEST_CASE("cross-entropy by chunks names a target that is no class by its row") {
  Head head({.rows = 600, .classes = 1000});
  head.ctx.target.data<int32_t>()[555] = 1000;
  CHECK_THROWS_WITH(head.loss_alone(), ContainsSubstring("target 1000 in row 555"));
  head.ctx.target = Tensor::zeros({599}, DType::kInt32);
  CHECK_THROWS_WITH(head.loss_alone(), ContainsSubstring("each row of the logits (600, 1000)"));
}

}  // namespace
}  // namespace norma
