// Eigenvalues of the Hessian by Lanczos, against those of the whole matrix.
#include <Eigen/Eigenvalues>

#include "apps/landscape/curvature.h"
#include "apps/landscape/slices.h"
#include "tests/apps/small_trainings.h"
#include "tests/catch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

Json smooth_mlp(const std::string& precision, const Json& norm) {
  Json json = small_mlp(norm);
  json["model"]["width"] = 6;
  json["model"]["activation"] = "gelu";
  json["train"]["precision"] = precision;
  return json;
}

// All eigenvalues, ascending, of the matrix built column by column from differences of gradients.
Eigen::VectorXd dense_eigenvalues(LossSurface& surface) {
  const Eigen::Index n = surface.dimensions();
  constexpr double kStep = 1e-4;
  Eigen::MatrixXd hessian(n, n);
  for (Eigen::Index column = 0; column < n; ++column) {
    Direction shift(static_cast<size_t>(n)), ahead, behind;
    shift[static_cast<size_t>(column)] = kStep;
    surface.gradient(shift, ahead);
    shift[static_cast<size_t>(column)] = -kStep;
    surface.gradient(shift, behind);
    for (Eigen::Index row = 0; row < n; ++row) {
      const auto i = static_cast<size_t>(row);
      hessian(row, column) = (ahead[i] - behind[i]) / (2 * kStep);
    }
  }
  CHECK((hessian - hessian.transpose()).norm() < 1e-5 * hessian.norm());
  return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(hessian).eigenvalues();
}

// Weights and running statistics, in another precision.
void take_state(ParamSet& to, const ParamSet& from) {
  for (size_t i = 0; i < from.params().size(); ++i)
    to.params()[i].value.copy_from(from.params()[i].value);
  for (size_t i = 0; i < from.buffers().size(); ++i)
    to.buffers()[i].value.copy_from(from.buffers()[i].value);
  to.touch();
}

}  // namespace

TEST_CASE("landscape: Lanczos finds the largest eigenvalues of the Hessian", "[landscape]") {
  for (const char* norm : {"batch_norm", "layer_norm"})
    for (const bool training : {true, false})
      for (const int64_t steps : {0, 15}) {
        INFO(norm << (training ? " in training" : " in eval") << " after " << steps << " steps");
        Training exact(run_config_of(smooth_mlp("fp64", norm)));
        train_for(exact, steps);
        LossSurface surface(exact, {.training = training});
        const Eigen::VectorXd all = dense_eigenvalues(surface);
        const Curvature found = largest_eigenvalues(surface, {.count = 3});
        CHECK(found.converged);
        REQUIRE(found.eigenvalues.size() == 3);
        for (size_t i = 0; i < 3; ++i) {
          CHECK(found.eigenvalues[i] ==
                Approx(all[all.size() - 1 - static_cast<Eigen::Index>(i)]).epsilon(1e-4));
          CHECK(found.residuals[i] < 2e-3);
        }
        CHECK(found.gradients < 2 * (20 + 30 * 20));

        Training single(run_config_of(smooth_mlp("fp32", norm)));
        train_for(single, steps);
        // Trained by itself its weights would be others: Adam follows what rounding leaves of a
        // gradient of zero, as biases in front of batch norm have.
        take_state(single.params(), exact.params());
        LossSurface rounded(single, {.training = training});
        const Curvature near = largest_eigenvalues(rounded);
        CHECK(near.converged);
        REQUIRE(near.eigenvalues.size() == 1);
        CHECK(near.eigenvalues[0] == Approx(all[all.size() - 1]).epsilon(0.01));
      }
}

TEST_CASE("landscape: a product with the Hessian is linear in its direction", "[landscape]") {
  Training training(run_config_of(smooth_mlp("fp64", "batch_norm")));
  LossSurface surface(training);
  const double step = difference_step(surface);
  const Direction d = filter_normalized(training, 1, 0), once = hessian_product(surface, d, step);
  Direction twice = d;
  for (double& each : twice) each *= -2;
  twice = hessian_product(surface, twice, step);
  for (size_t i = 0; i < once.size(); ++i)
    CHECK(twice[i] == Approx(-2 * once[i]).epsilon(1e-12).margin(1e-9));
  CHECK(length(hessian_product(surface, Direction(d.size()), step)) == 0);
}

TEST_CASE("landscape: curvature says where there is none", "[landscape]") {
  Training training(run_config_of(smooth_mlp("fp64", "layer_norm")));
  training.params().params().front().value.data<double>()[0] = NAN;
  training.params().touch();
  LossSurface surface(training);
  CHECK_THROWS_WITH(largest_eigenvalues(surface), ContainsSubstring("gradient is not finite"));
}

}  // namespace norma
