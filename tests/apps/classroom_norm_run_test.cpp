#include <cmath>

#include "tests/apps/classroom_runs.h"
#include "tests/catch.h"

namespace norma::classroom {
namespace {

double worst_difference(const Elements& a, const Elements& b) {
  double most = 0;
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) most = std::max(most, std::fabs(a[i] - b[i]));
  return most;
}

Elements sum_of_terms(const KernelWatch::Terms& terms) {
  Elements sum(terms.direct);
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += terms.along_one[i] + terms.along_u[i];
  return sum;
}

}  // namespace

TEST_CASE("looking on changes nothing, and the three terms are the gradient", "[apps]") {
  int with_terms = 0;
  for (const Json& spec : all_norms())
    for (const bool training : {true, false}) {
      INFO(spec.dump() << (training ? " train" : " eval"));
      const NormRequest request = random_request(spec, {6, 3, 4}, training);
      const NormRun run = run_watched(request);
      NamedTensors in = request.in;
      for (const auto& [name, tensor] : run.state) in[name] = tensor;
      const NamedTensors alone =
          run_layer(request.spec, in, {.dtype = DType::kFloat64, .training = training});
      REQUIRE(alone.size() == run.out.size());
      for (const auto& [name, tensor] : alone) CHECK(same_bits(tensor, run.out.at(name)));
      if (run.terms.direct.empty()) continue;
      ++with_terms;
      CHECK(worst_difference(sum_of_terms(run.terms), run.out.at("grad_input").to_vector()) <
            1e-13);
    }
  CHECK(with_terms >= 50);
}

TEST_CASE("the terms of layer norm are the projections off 1 and x̂", "[apps]") {
  const NormRequest request =
      random_request(Json{{"type", "layer_norm"}, {"eps", 0.01}}, {2, 3, 4});
  const NormRun run = run_watched(request);
  const Elements x = request.in.at("input").to_vector();
  const Elements dy = request.in.at("grad_output").to_vector();
  const Elements weight = request.in.at("param.weight").to_vector();
  for (size_t row = 0; row < 6; ++row) {
    double mean = 0, variance = 0, mean_g = 0, along = 0, one = 0;
    const auto at = [&](size_t c) { return row * 4 + c; };
    for (size_t c = 0; c < 4; ++c) mean += x[at(c)] / 4;
    for (size_t c = 0; c < 4; ++c) variance += (x[at(c)] - mean) * (x[at(c)] - mean) / 4;
    const double rstd = 1 / std::sqrt(variance + 0.01);
    const auto g = [&](size_t c) { return dy[at(c)] * weight[c] * rstd; };
    const auto xhat = [&](size_t c) { return (x[at(c)] - mean) * rstd; };
    for (size_t c = 0; c < 4; ++c) {
      mean_g += g(c) / 4;
      along += g(c) * xhat(c) / 4;
    }
    for (size_t c = 0; c < 4; ++c) {
      CHECK(run.read.centre[at(c)] == Approx(mean).epsilon(1e-12));
      CHECK(run.read.stats[0][at(c)] == Approx(rstd).epsilon(1e-12));
      CHECK(run.terms.direct[at(c)] == Approx(g(c)).epsilon(1e-12));
      CHECK(run.terms.along_one[at(c)] == Approx(-mean_g).epsilon(1e-12));
      CHECK(run.terms.along_u[at(c)] == Approx(-along * xhat(c)).epsilon(1e-12));
      one += run.out.at("grad_input").to_vector()[at(c)];
    }
    CHECK(std::fabs(one) < 1e-14);
  }
}

TEST_CASE("running statistics let the direct term alone pass", "[apps]") {
  const Json spec("batch_norm");
  const NormRun train = run_watched(random_request(spec, {4, 2, 3}, true));
  CHECK(worst_difference(train.terms.along_one, Elements(24)) > 0.01);
  const NormRun eval = run_watched(random_request(spec, {4, 2, 3}, false));
  CHECK(worst_difference(eval.terms.along_one, Elements(24)) == 0);
  CHECK(worst_difference(eval.terms.along_u, Elements(24)) == 0);
  // The statistics that three training steps left: 1 − 0.9³ of the way from 0 to the mean.
  const double mean = train.domains.mean[0];
  CHECK(eval.read.centre[0] == Approx((1 - 0.9 * 0.9 * 0.9) * mean));
}

TEST_CASE("elements of a domain are those that share a statistic", "[apps]") {
  const Nsc size{4, 2, 6};
  const std::vector<double> x = normal_numbers("x", 48);
  const auto domain_of = [&](const Domain& domain, bool training, size_t n, size_t s, size_t c) {
    return domains_of(domain, size, training, x).of[(n * 2 + s) * 6 + c];
  };
  CHECK(domains_of(Domain::none(), size, true, x).count() == 48);
  CHECK(domain_of(Domain::row(), true, 1, 1, 0) == domain_of(Domain::row(), true, 1, 1, 5));
  CHECK(domain_of(Domain::row(), true, 1, 1, 0) != domain_of(Domain::row(), true, 1, 0, 0));
  CHECK(domain_of(Domain::group(2), true, 1, 0, 0) == domain_of(Domain::group(2), true, 1, 1, 2));
  CHECK(domain_of(Domain::group(2), true, 1, 0, 2) != domain_of(Domain::group(2), true, 1, 0, 3));
  const Domain of_sample = Domain::sample_channel();
  CHECK(domain_of(of_sample, true, 1, 0, 3) == domain_of(of_sample, true, 1, 1, 3));
  CHECK(domain_of(of_sample, true, 1, 0, 3) != domain_of(of_sample, true, 2, 0, 3));
  Domain ghost = Domain::channel();
  ghost.ghost = 3;
  CHECK(domain_of(ghost, true, 0, 0, 3) == domain_of(ghost, true, 2, 1, 3));
  CHECK(domain_of(ghost, true, 2, 0, 3) != domain_of(ghost, true, 3, 0, 3));
  CHECK(domain_of(ghost, false, 2, 0, 3) == domain_of(ghost, false, 3, 0, 3));

  // Where every row's numbers differ from all others', the table's numbers do so too.
  for (const Json& spec : all_norms()) {
    INFO(spec.dump());
    const NormRun run = run_watched(random_request(spec, {6, 3, 4}));
    if (run.read.stats.empty() || run.definition.traits.mixes_domains) continue;
    for (size_t i = 1; i < run.x.size(); ++i)
      for (size_t k = 0; k < i; ++k)
        if (run.domains.of[i] == run.domains.of[k])
          CHECK(run.read.stats[0][i] == run.read.stats[0][k]);
        else if (!run.definition.streaming)
          CHECK(run.read.stats[0][i] != run.read.stats[0][k]);
  }
}

}  // namespace norma::classroom
