#include "apps/evaluations/attacks.h"

#include <algorithm>
#include <cmath>

#include "apps/evaluations/pass.h"
#include "tests/apps/small_trainings.h"
#include "tests/catch.h"
#include "tests/data/scratch.h"
#include "tests/specimen.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

// A trained model, the images it is attacked on and their pixels.
struct Scene {
  explicit Scene(const Json& config = small_resnet())
      : training(run_config_of(config)), space(images_of(training.data(), "the test")) {
    train_for(training, 20);
    training.data().fetch(Split::kTest, 0, 12, training.params().dtype(), batch);
  }
  Training training;
  PixelSpace space;
  Batch batch;
};

double cross_entropy_at(Examination& model, const Batch& batch) {
  double sum = 0;
  for (const RowScore& row : model.rows(batch, 0)) sum += row.nll;
  return sum;
}

size_t fooled_by(const Attacked& found) {
  size_t count = 0;
  for (const uint8_t fooled : found.fooled) count += fooled;
  return count;
}

}  // namespace

TEST_CASE("attacks: the gradient of the input is that of differences", "[apps]") {
  for (const char* norm : {"batch_norm", "layer_norm"}) {
    Scene scene(small_resnet(norm));
    Examination model(scene.training);
    std::vector<RowScore> rows;
    const Tensor gradient = model.input_gradient(scene.batch, 0, rows);
    double* const input = scene.batch.input.data<double>();
    for (int64_t i = 5; i < scene.batch.input.numel(); i += 37) {
      const double before = input[i], step = 1e-5;
      input[i] = before + step;
      const double above = cross_entropy_at(model, scene.batch);
      input[i] = before - step;
      const double below = cross_entropy_at(model, scene.batch);
      input[i] = before;
      CHECK(gradient.data<double>()[i] == Approx((above - below) / (2 * step)).margin(1e-8));
    }
    double sum = 0;
    for (const RowScore& row : rows) sum += row.nll;
    CHECK(sum == Approx(cross_entropy_at(model, scene.batch)).epsilon(1e-13));
  }
}

TEST_CASE("attacks: fgsm moves every pixel by eps, the way that the loss rises", "[apps]") {
  Scene scene;
  Examination model(scene.training);
  const double eps = 0.02;
  const std::vector<double> clean = scene.space.pixels_of(scene.batch.input);
  std::vector<RowScore> before;
  const Tensor gradient = model.input_gradient(scene.batch, 0, before);
  const Attacked found = fgsm(model, scene.space, scene.batch, 0, eps);
  for (size_t i = 0; i < clean.size(); ++i) {
    const double way = gradient.data<double>()[i] > 0 ? 1 : -1;
    CHECK(found.pixels[i] == std::clamp(clean[i] + eps * way, 0.0, 1.0));
  }
  Batch moved = scene.batch;
  moved.input = Tensor::empty(scene.batch.input.shape(), DType::kFloat64);
  scene.space.write(found.pixels, moved.input);
  const std::vector<RowScore> after = model.rows(moved, 0);
  double rise = 0;
  for (size_t i = 0; i < after.size(); ++i) {
    CHECK(found.loss[i] == after[i].nll);
    CHECK((found.fooled[i] != 0) == !after[i].correct);
    rise += after[i].nll - before[i].nll;
  }
  CHECK(rise > 0);
}

TEST_CASE("attacks: pgd is at least as strong as fgsm on every image, and within reach", "[apps]") {
  Scene scene;
  Examination model(scene.training);
  const std::vector<double> clean = scene.space.pixels_of(scene.batch.input);
  const std::vector<RowScore> untouched = model.rows(scene.batch, 0);
  size_t stronger = 0;
  for (const double eps : {0.01, 0.05, 0.3}) {
    const Attacked one = fgsm(model, scene.space, scene.batch, 0, eps);
    const Attacked many = pgd(model, scene.space, scene.batch, 0, eps, {.steps = 5});
    for (size_t i = 0; i < one.loss.size(); ++i) {
      CHECK(many.loss[i] >= one.loss[i]);
      CHECK(many.loss[i] >= untouched[i].nll);
      CHECK(many.fooled[i] >= one.fooled[i]);
      CHECK(many.fooled[i] >= !untouched[i].correct);
      stronger += many.loss[i] > one.loss[i];
    }
    for (size_t i = 0; i < clean.size(); ++i) {
      REQUIRE(std::abs(many.pixels[i] - clean[i]) <= eps * (1 + 1e-12));
      REQUIRE(many.pixels[i] >= 0);
      REQUIRE(many.pixels[i] <= 1);
    }
    // What it says of its points is what the model says of them.
    scene.space.write(many.pixels, scene.batch.input);
    const std::vector<RowScore> there = model.rows(scene.batch, 0);
    for (size_t i = 0; i < there.size(); ++i)
      CHECK(there[i].nll == Approx(many.loss[i]).epsilon(1e-12));
    scene.space.write(clean, scene.batch.input);
  }
  CHECK(stronger > 12);  // of 36: the steps and not only the fgsm point do the work
}

TEST_CASE("attacks: an image is attacked alike in whatever batch", "[apps]") {
  Scene scene;
  Examination model(scene.training);
  const Attacked together = pgd(model, scene.space, scene.batch, 0, 0.05, {.steps = 3});
  for (int64_t i = 0; i < 3; ++i) {
    Batch alone;
    scene.training.data().fetch(Split::kTest, i, 1, DType::kFloat64, alone);
    const Attacked found = pgd(model, scene.space, alone, i, 0.05, {.steps = 3});
    CHECK(found.loss[0] == Approx(together.loss[static_cast<size_t>(i)]).epsilon(1e-9));
    CHECK(found.fooled[0] == together.fooled[static_cast<size_t>(i)]);
  }
}

TEST_CASE("attacks: borrowed from a surrogate", "[apps]") {
  const Json config = small_resnet();
  Training target(run_config_of(config)), twin(run_config_of(config));
  Json other_config = config;
  other_config["train"]["seed"] = 2;
  Training other(run_config_of(other_config));
  for (Training* training : {&target, &twin, &other}) train_for(*training, 20);
  const PgdOptions options{.steps = 5};
  const double clean = target.evaluate(Split::kTest)->accuracy;
  const double none = transfer_accuracy(other, target, 1e-9, options, Split::kTest);
  CHECK(none == clean);

  // A twin's images are the target's own worst.
  double own = 0;
  {
    Examination model(target);
    const PixelSpace space(images_of(target.data(), "the test"));
    for_each_batch(
        portion_of(target.data(), Split::kTest, {}), 16, DType::kFloat64,
        [&](Batch& batch, int64_t first) {
          own += static_cast<double>(batch.samples) -
                 static_cast<double>(fooled_by(pgd(model, space, batch, first, 0.1, options)));
        });
  }
  const double by_twin = transfer_accuracy(twin, target, 0.1, options, Split::kTest);
  CHECK(by_twin >= own / 25);  // some image may be fooled at another point than its worst
  CHECK(by_twin < clean);
  CHECK(transfer_accuracy(twin, target, 0.1, options, Split::kTest) == by_twin);
  const double by_other = transfer_accuracy(other, target, 0.1, options, Split::kTest);
  CHECK(by_other >= own / 25);

  Json large = config;
  large["data"]["size"] = 16;
  Training misfit(run_config_of(large));
  CHECK_THAT(error_of([&] { transfer_accuracy(misfit, target, 0.1, options, Split::kTest); }),
             ContainsSubstring("(1, 16, 16, 1)") && ContainsSubstring("(1, 8, 8, 1)"));
}

}  // namespace norma
