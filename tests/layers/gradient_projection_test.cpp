// The parts of a norm's gradient against projections computed here from the definition of each
// norm, in plain loops over the elements that share a statistic.
#include <map>
#include <nlohmann/json.hpp>

#include "tests/catch.h"
#include "tests/golden.h"
#include "tests/layers/norm_specs.h"
#include "tests/layers/watched_norm.h"

namespace norma {
namespace {

// Who shares a statistic, by a key of sample, position and channel.
using CellKey = std::function<int64_t(int64_t n, int64_t s, int64_t c)>;

struct ProjectedNorm {
  Json spec;
  bool centred;
  double eps;
  CellKey key;
  int64_t entering = 1 << 30;  // the first so many channels enter the statistic
};

constexpr double kEps = 0.3;  // large, so that its leak shows

std::vector<ProjectedNorm> projected_norms(int64_t channels, int64_t positions) {
  const int64_t groups = channels % 3 == 0 ? 3 : 1, of_group = channels / groups;
  const auto row = [=](int64_t n, int64_t s, int64_t) { return n * positions + s; };
  const auto group = [=](int64_t n, int64_t, int64_t c) { return n * groups + c / of_group; };
  const auto sample_channel = [=](int64_t n, int64_t, int64_t c) { return n * channels + c; };
  const auto channel = [](int64_t, int64_t, int64_t c) { return c; };
  const auto ghost = [=](int64_t n, int64_t, int64_t c) { return n / 4 * channels + c; };
  std::vector<ProjectedNorm> all{
      {{{"type", "layer_norm"}}, true, kEps, row},
      {{{"type", "rms_norm"}}, false, kEps, row},
      {{{"type", "rms_norm"}, {"zero_centered", true}}, false, kEps, row},
      {{{"type", "group_norm"}, {"groups", groups}}, true, kEps, group},
      {{{"type", "instance_norm"}, {"affine", true}}, true, kEps, sample_channel},
      {{{"type", "batch_norm"}}, true, kEps, channel},
      {{{"type", "batch_norm"}, {"ghost_batch", 4}}, true, kEps, ghost},
      {{{"type", "frn"}, {"tlu", false}}, false, kEps, sample_channel}};
  if (channels > 1)
    all.push_back({{{"type", "rms_norm"}, {"partial", 0.5}}, false, kEps, row, channels / 2});
  for (ProjectedNorm& norm : all) norm.spec["eps"] = kEps;
  return all;
}

// One cell: its valid elements, and what the definition of the norm makes of their gradient.
struct ExpectedCell {
  std::vector<size_t> elements;
  std::vector<bool> enters;
};

std::map<int64_t, ExpectedCell> expected_cells(const ProjectedNorm& norm, const Shape& shape,
                                               const Tensor& mask) {
  std::map<int64_t, ExpectedCell> cells;
  for (int64_t n = 0; n < shape[0]; ++n)
    for (int64_t s = 0; s < shape[1]; ++s)
      for (int64_t c = 0; c < shape[2]; ++c) {
        if (mask && !mask.data<uint8_t>()[n * shape[1] + s]) continue;
        ExpectedCell& cell = cells[norm.key(n, s, c)];
        cell.elements.push_back(static_cast<size_t>((n * shape[1] + s) * shape[2] + c));
        cell.enters.push_back(c < norm.entering);
      }
  return cells;
}

double dot(const Numbers& a, const Numbers& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

struct ExpectedTerms {
  Numbers direct, one, u;
};

// d = dy·γ/√(σ² + ε); then −(the mean of d), and −σ²/(σ² + ε) of the projection of d, along what
// enters the statistic onto what is orthogonal to x̂.
ExpectedTerms expected_terms(const ProjectedNorm& norm, const WatchedStep& step,
                             const Tensor& mask) {
  const Numbers x = step.x.to_vector(), dy = step.dy.to_vector();
  const Param* const weight = step.set.params().empty() ? nullptr : &step.set.params().front();
  const double shift = norm.spec.value("zero_centered", false) ? 1 : 0;
  const auto channels = static_cast<size_t>(step.x.shape().back());
  ExpectedTerms made{Numbers(x.size()), Numbers(x.size()), Numbers(x.size())};
  for (const auto& [key, cell] : expected_cells(norm, step.x.shape(), mask)) {
    double n = 0, mean = 0, variance = 0;
    for (size_t i = 0; i < cell.elements.size(); ++i)
      if (cell.enters[i]) n += 1, mean += x[cell.elements[i]];
    mean = norm.centred ? mean / n : 0;
    for (size_t i = 0; i < cell.elements.size(); ++i)
      if (cell.enters[i]) variance += std::pow(x[cell.elements[i]] - mean, 2) / n;
    Numbers d, u, entering;
    double sum = 0;
    for (size_t i = 0; i < cell.elements.size(); ++i) {
      const size_t at = cell.elements[i];
      const double gamma = shift + weight->value.data<double>()[at % channels];
      d.push_back(dy[at] * gamma / std::sqrt(variance + norm.eps));
      u.push_back(x[at] - mean);
      entering.push_back(cell.enters[i] ? u.back() : 0.0);
      sum += d.back();
    }
    const double kept = variance / (variance + norm.eps);
    const double along = dot(u, entering) > 0 ? dot(u, d) / dot(u, entering) * kept : 0;
    for (size_t i = 0; i < cell.elements.size(); ++i) {
      made.direct[cell.elements[i]] = d[i];
      if (norm.centred) made.one[cell.elements[i]] = -sum / n;
      made.u[cell.elements[i]] = -along * entering[i];
    }
  }
  return made;
}

void check_close(const Tensor& found, const Numbers& expected, double scale) {
  const Numbers values = found.to_vector();
  double worst = 0;
  for (size_t i = 0; i < values.size(); ++i)
    worst = std::max(worst, std::abs(values[i] - expected[i]));
  CHECK(worst <= 1e-10 * scale);
}

// 1ᵀdx = 0 where the mean is taken out, and x̂ᵀdx is what ε leaves.
void check_orthogonality(const ProjectedNorm& norm, const WatchedStep& step, const Tensor& mask) {
  const Numbers x = step.x.to_vector(), dx = step.dx.to_vector(),
                direct = step.parts().direct_term.to_vector();
  for (const auto& [key, cell] : expected_cells(norm, step.x.shape(), mask)) {
    double n = 0, mean = 0, variance = 0;
    for (size_t i = 0; i < cell.elements.size(); ++i)
      if (cell.enters[i]) n += 1, mean += x[cell.elements[i]];
    mean = norm.centred ? mean / n : 0;
    for (size_t i = 0; i < cell.elements.size(); ++i)
      if (cell.enters[i]) variance += std::pow(x[cell.elements[i]] - mean, 2) / n;
    double sum = 0, left = 0, before = 0, sizes = 0;
    for (const size_t at : cell.elements) {
      sum += dx[at];
      left += dx[at] * (x[at] - mean);
      before += direct[at] * (x[at] - mean);
      sizes += std::abs(direct[at]) * (1 + std::abs(x[at] - mean));
    }
    if (norm.centred) CHECK(std::abs(sum) <= 1e-10 * sizes);
    CHECK(std::abs(left - norm.eps / (variance + norm.eps) * before) <= 1e-10 * sizes);
  }
}

}  // namespace

TEST_CASE("the parts of a gradient are projections", "[layers]") {
  for (const int64_t channels : {1, 15, 17, 33})
    for (const bool masked : {false, true}) {
      const Shape input{6, 5, channels};
      const Tensor mask = masked ? mask_with_gaps(6, 5) : Tensor();
      for (const ProjectedNorm& norm : projected_norms(channels, 5)) {
        INFO(norm.spec.dump() << " with " << channels << " channels, masked: " << masked);
        const WatchedStep step(maker_of(norm.spec, channels), {.input = input, .mask = mask});
        const GradientParts& parts = step.parts();
        const ExpectedTerms expected = expected_terms(norm, step, mask);
        const double scale = largest_magnitude(parts.direct_term);
        CHECK(scale > 0.1);
        check_close(parts.direct_term, expected.direct, scale);
        check_close(parts.one_term, expected.one, scale);
        check_close(parts.u_term, expected.u, scale);
        check_orthogonality(norm, step, mask);
        const bool oblique = norm.entering < channels;
        CHECK(parts.projection == (oblique ? Projection::kOblique : Projection::kOrthogonal));
        // A single channel's deviation is 0: nothing lies along x̂.
        if (std::isnan(parts.u.predicted))
          CHECK((channels == 1 && norm.centred));
        else
          CHECK(parts.u.left == Approx(parts.u.predicted).epsilon(1e-9).margin(1e-9));
      }
    }
}

TEST_CASE("lengths, shares and gains are those of the projections", "[layers]") {
  const ProjectedNorm norm = projected_norms(17, 5).front();
  const WatchedStep step(maker_of(norm.spec, 17), {.input = {6, 5, 17}});
  const GradientParts& parts = step.parts();
  const ExpectedTerms expected = expected_terms(norm, step, {});
  const Numbers dy = step.dy.to_vector(), x = step.x.to_vector();
  const auto length = [](const Numbers& of) { return std::sqrt(dot(of, of)); };
  CHECK(parts.incoming == Approx(length(dy)).epsilon(1e-12));
  CHECK(parts.direct == Approx(length(expected.direct)).epsilon(1e-12));
  CHECK(parts.along_one == Approx(length(expected.one)).epsilon(1e-12));
  CHECK(parts.along_u == Approx(length(expected.u)).epsilon(1e-12));
  CHECK(parts.outgoing == Approx(length(step.dx.to_vector())).epsilon(1e-12));

  double through_gamma = 0, share_one = 0, share_u = 0;
  Numbers gains;
  for (size_t row = 0; row < 30; ++row) {
    double mean = 0, variance = 0, d_sum = 0, du = 0, dd = 0;
    for (size_t c = 0; c < 17; ++c) mean += x[row * 17 + c] / 17;
    for (size_t c = 0; c < 17; ++c) variance += std::pow(x[row * 17 + c] - mean, 2) / 17;
    for (size_t c = 0; c < 17; ++c) {
      const double gamma = step.set.params().front().value.data<double>()[c];
      const double d = dy[row * 17 + c] * gamma;
      through_gamma += d * d;
      d_sum += d, dd += d * d, du += d * (x[row * 17 + c] - mean);
    }
    share_one += d_sum * d_sum / 17 / dd / 30;
    share_u += du * du / (17 * variance) / dd / 30;
    gains.push_back(1 / std::sqrt(variance + kEps));
  }
  CHECK(parts.through_gamma == Approx(std::sqrt(through_gamma)).epsilon(1e-12));
  CHECK(parts.one.share == Approx(share_one).epsilon(1e-12));
  CHECK(parts.u.share == Approx(share_u).epsilon(1e-12));
  CHECK(parts.u.baseline == Approx(1.0 / 17).epsilon(1e-12));
  CHECK(parts.cells == 30);
  std::sort(gains.begin(), gains.end());
  CHECK(parts.gain.least == Approx(gains.front()).epsilon(1e-12));
  CHECK(parts.gain.median == Approx(gains[15]).epsilon(1e-12));
  CHECK(parts.gain.most == Approx(gains.back()).epsilon(1e-12));
}

TEST_CASE("a gain that is stored less 1 counts as a gain", "[layers]") {
  const Json norm = {{"type", "rms_norm"}, {"zero_centered", true}};
  const WatchedStep step(maker_of(norm, 15), {.input = {6, 15}});
  const Numbers dy = step.dy.to_vector();
  double square = 0;
  for (size_t i = 0; i < dy.size(); ++i)
    square += std::pow(dy[i] * (1 + step.set.params().front().value.data<double>()[i % 15]), 2);
  CHECK(step.parts().through_gamma == Approx(std::sqrt(square)).epsilon(1e-12));
}

// A random direction loses 1/n along each of 1 and x̂, and that is what random gradients do here.
TEST_CASE("a random gradient has the baseline along 1 and x̂", "[layers]") {
  const WatchedStep step(maker_of({{"type", "layer_norm"}, {"weight", false}}, 33),
                         {.input = {40, 50, 33}});
  CHECK(step.parts().one.share == Approx(1.0 / 33).epsilon(0.1));
  CHECK(step.parts().u.share == Approx(1.0 / 33).epsilon(0.1));
}

// Two values have no direction but 1 and x̂.
TEST_CASE("batch norm over two samples passes on the leak alone", "[layers]") {
  for (const int64_t channels : {1, 15, 33}) {
    const WatchedStep step(maker_of({{"type", "batch_norm"}, {"eps", kEps}}, channels),
                           {.input = {2, channels}});
    const GradientParts& parts = step.parts();
    CHECK(parts.one.share + parts.u.share == Approx(1).epsilon(1e-12));
    CHECK(parts.u.left == Approx(parts.u.predicted).epsilon(1e-10));
    const double* const x = step.x.data<double>();
    const double* const dx = step.dx.data<double>();
    const double* const direct = parts.direct_term.data<double>();
    for (int64_t c = 0; c < channels; ++c) {
      const double variance = std::pow((x[c] - x[channels + c]) / 2, 2);
      const double centred = (direct[c] - direct[channels + c]) / 2;
      const double leak = kEps / (variance + kEps) * centred;
      CHECK(dx[c] == Approx(leak).epsilon(1e-10).margin(1e-14));
      CHECK(dx[channels + c] == Approx(-leak).epsilon(1e-10).margin(1e-14));
    }
    const WatchedStep without(maker_of({{"type", "batch_norm"}, {"eps", 0}}, channels),
                              {.input = {2, channels}});
    CHECK(largest_magnitude(without.dx) <= 1e-12 * without.parts().direct);
    CHECK(without.parts().direct > 0.1);
  }
}

TEST_CASE("given statistics take no gradient", "[layers]") {
  const Json norm = {{"type", "batch_norm"}, {"eps", kEps}, {"frozen", true}};
  const WatchedStep step(maker_of(norm, 15), {.input = {4, 3, 15}});
  const GradientParts& parts = step.parts();
  CHECK(parts.along_one == 0);
  CHECK(parts.along_u == 0);
  CHECK(parts.direct == parts.outgoing);
  CHECK(parts.one.left == Approx(1).epsilon(1e-14));
  CHECK(parts.cells == 15);
  double most = 0;
  for (const Buffer& buffer : step.set.buffers())
    if (buffer.name == "running_var")
      for (const double variance : buffer.value.to_vector())
        most = std::max(most, 1 / std::sqrt(variance + kEps));
  CHECK(parts.gain.most == Approx(most).epsilon(1e-12));
}

TEST_CASE("a pointwise map shows its slopes", "[layers]") {
  const WatchedStep step(maker_of({{"type", "dyt"}, {"alpha", 2.0}}, 15), {.input = {4, 5, 15}});
  double alpha = 0;
  for (const Param& param : step.set.params())
    if (param.name == "alpha") alpha = param.value.item();
  double saturated = 0, most = 0;
  const Numbers x = step.x.to_vector();
  for (const double each : x) {
    const double slope = std::abs(alpha) / std::pow(std::cosh(alpha * each), 2);
    saturated += slope < 0.1 * std::abs(alpha);
    most = std::max(most, slope);
  }
  const GradientParts& parts = step.parts();
  CHECK(saturated > 0);
  CHECK(parts.saturated == Approx(saturated / 300).epsilon(1e-12));
  CHECK(parts.gain.most == Approx(most).epsilon(1e-12));
  CHECK(parts.cells == 0);
}

TEST_CASE("what a threshold stops is counted, and the rest is projected", "[layers]") {
  const WatchedStep step(maker_of({{"type", "frn"}, {"eps", kEps}}, 15), {.input = {4, 7, 15}});
  const GradientParts& parts = step.parts();
  double stopped = 0;
  for (const double each : parts.direct_term.to_vector()) stopped += each == 0;
  CHECK(stopped > 0);
  CHECK(parts.stopped == Approx(stopped / 420).epsilon(1e-12));
  CHECK(parts.projection == Projection::kOrthogonal);
  CHECK(parts.u.left == Approx(parts.u.predicted).epsilon(1e-9));
}

}  // namespace norma
