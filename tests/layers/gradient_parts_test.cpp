// The parts of every registered norm's gradient, whichever they are.
#include <nlohmann/json.hpp>
#include <numeric>

#include "tests/catch.h"
#include "tests/golden.h"
#include "tests/layers/norm_specs.h"
#include "tests/layers/watched_norm.h"
#include "tests/ranks_as_threads.h"
#include "tests/table.h"

namespace norma {
namespace {

// Whether a norm is made of others alone, which have records of their own.
bool only_of_others(const WatchedStep& step) { return step.seen.all.at(0).first != ""; }

void check_sum(const WatchedStep& step, double tolerance) {
  if (only_of_others(step)) {
    CHECK(step.seen.all.size() > 1);
    return;
  }
  REQUIRE(step.seen.all.size() == 1);
  const SumOfTerms sum(step.parts(), step.dx);
  CHECK(sum.off <= tolerance * sum.largest);
  if (step.parts().projection != Projection::kWindows)
    CHECK(step.parts().rounding * step.parts().outgoing <= tolerance * step.parts().direct);
  CHECK_FALSE(projection_text(step.parts()).empty());
}

// What left_u says of the ε-leak is what the table says of it.
void check_leak(const GradientParts& parts) {
  if (std::isnan(parts.u.predicted)) return;
  CHECK(parts.u.left == Approx(parts.u.predicted).epsilon(1e-6).margin(1e-9));
  if (parts.centred && parts.one.share > 1e-20) CHECK(parts.one.left < 1e-9);
}

}  // namespace

TEST_CASE("the parts of every norm's gradient sum to it", "[layers][table]") {
  Table table("parts of the gradient: largest difference of their sum from dx, relative, float64");
  for (const Entry* entry : norm_registry().entries())
    for (const int64_t channels : {1, 15, 17, 33})
      for (const bool training : {true, false}) {
        INFO(entry->type << " with " << channels << " channels, training: " << training);
        const MakeModule make = norm_maker(entry->type, channels);
        for (const Shape& input : {Shape{4, 5, channels}, Shape{2, 3, 4, channels}}) {
          const WatchedStep step(make, {.input = input, .training = training});
          check_sum(step, 1e-12);
          const SumOfTerms sum(step.parts(), step.dx);
          if (!only_of_others(step)) table.worst(entry->type, "sum", sum.off / sum.largest);
          for (const auto& [path, parts] : step.seen.all) check_leak(parts);
        }
        const WatchedStep masked(
            make, {.input = {6, 5, channels}, .mask = mask_with_gaps(6, 5), .training = training});
        check_sum(masked, 1e-12);
        for (const auto& [path, parts] : masked.seen.all) check_leak(parts);
      }
}

TEST_CASE("looking at a norm's gradient changes no bit", "[layers]") {
  for (const Entry* entry : norm_registry().entries())
    for (const DType dtype : {DType::kFloat32, DType::kFloat64}) {
      INFO(entry->type);
      const MakeModule make = norm_maker(entry->type, 17);
      const Watched with{.input = {4, 5, 17}, .mask = mask_with_gaps(4, 5), .dtype = dtype};
      Watched unseen = with;
      unseen.observed = false;
      const WatchedStep looked_at(make, with), alone(make, unseen);
      CHECK_FALSE(looked_at.seen.all.empty());
      CHECK(alone.seen.all.empty());
      const std::vector<Tensor> a = looked_at.left(), b = alone.left();
      REQUIRE(a.size() == b.size());
      for (size_t i = 0; i < a.size(); ++i) CHECK(same_bits(a[i], b[i]));
    }
}

TEST_CASE("parts in float32 are those of float64, and say what rounding did", "[layers]") {
  for (const Entry* entry : norm_registry().entries()) {
    INFO(entry->type);
    const MakeModule make = norm_maker(entry->type, 33);
    const WatchedStep narrow(make, {.input = {4, 5, 33}, .dtype = DType::kFloat32});
    const WatchedStep wide(make, {.input = {4, 5, 33}});
    const GradientParts &a = narrow.parts(), &b = wide.parts();
    CHECK(largest_difference(a.direct_term, b.direct_term) <=
          1e-4 * largest_magnitude(b.direct_term));
    CHECK(a.projection == b.projection);
    CHECK(a.outgoing == Approx(b.outgoing).epsilon(1e-4));
    if (std::isnan(a.rounding)) continue;
    CHECK(a.rounding < 1e-5);
    CHECK(b.rounding < 1e-13);
  }
}

TEST_CASE("records count what they are over", "[layers]") {
  for (const Entry* entry : norm_registry().entries()) {
    INFO(entry->type);
    const WatchedStep step(norm_maker(entry->type, 15),
                           {.input = {4, 6, 15}, .mask = mask_with_gaps(4, 6)});
    for (const auto& [path, parts] : step.seen.all) {
      CHECK(parts.elements == 16 * 15);
      const LogHistogram& gains = parts.gain.histogram;
      const int64_t counted =
          std::accumulate(gains.counts.begin(), gains.counts.end(), gains.zeros);
      if (parts.cells > 0 && parts.stopped == 0) CHECK(counted == parts.cells);
      if (parts.projection == Projection::kPointwise) CHECK(counted == parts.elements);
      CHECK(parts.gain.least <= parts.gain.median);
      CHECK(parts.gain.median <= parts.gain.most);
      for (const PartGauge& gauge : part_gauges()) CHECK_FALSE(std::isinf(gauge.of(parts)));
      CHECK(std::isfinite(parts.outgoing));
    }
  }
}

TEST_CASE("each kind of norm says what its gradient loses", "[layers]") {
  const auto projection = [](const Json& norm, bool training = true) {
    return WatchedStep(maker_of(norm, 12), {.input = {4, 5, 12}, .training = training})
        .parts()
        .projection;
  };
  CHECK(projection("layer_norm") == Projection::kOrthogonal);
  CHECK(projection("scale_norm") == Projection::kOrthogonal);
  CHECK(projection("batch_renorm") == Projection::kOrthogonal);
  CHECK(projection({{"type", "frn"}, {"learned_eps", true}}) == Projection::kOrthogonal);
  CHECK(projection({{"type", "rms_norm"}, {"partial", 0.5}}) == Projection::kOblique);
  CHECK(projection("lp_batch_norm") == Projection::kOblique);
  CHECK(projection({{"type", "lp_batch_norm"}, {"p", 2}}) == Projection::kOrthogonal);
  CHECK(projection({{"type", "evo_norm_s0"}, {"groups", 3}}) == Projection::kOther);
  CHECK(projection("switchable_norm") == Projection::kMixed);
  CHECK(projection("online_norm") == Projection::kSteered);
  CHECK(projection("local_response_norm") == Projection::kWindows);
  CHECK(projection("batch_norm", false) == Projection::kGiven);
  CHECK(projection({{"type", "batch_norm"}, {"frozen", true}}) == Projection::kGiven);
  CHECK(projection("dyt") == Projection::kPointwise);
}

TEST_CASE("parts of a norm over all ranks are those of its own samples", "[layers]") {
  const WatchedStep whole(norm_maker("sync_batch_norm", 7), {.input = {6, 3, 7}});
  std::vector<GradientParts> parts(2);
  std::vector<Tensor> dx(2);
  on_ranks(2, [&](Comm& comm) {
    ParamSet set(DType::kFloat64, 3);
    const auto norm = norm_maker("sync_batch_norm", 7)(Scope(set));
    set.materialize();
    randomize(set);
    Tape tape;
    Context ctx;
    PartsSeen seen;
    begin_training(ctx, tape);
    ctx.comm = &comm;
    tape.observer = &seen;
    const int64_t first = comm.rank() * 63;
    const Var x = tape.leaf(whole.x.slice(first, {3, 3, 7}).clone());
    const Var y = (*norm)(ctx, x);
    tape.backward(y, whole.dy.slice(first, {3, 3, 7}).clone());
    const auto rank = static_cast<size_t>(comm.rank());
    parts[rank] = seen.all.at(0).second;
    dx[rank] = tape.grad(x).clone();
  });
  for (size_t rank = 0; rank < 2; ++rank) {
    CHECK(parts[rank].projection == Projection::kAcross);
    CHECK(SumOfTerms(parts[rank], dx[rank]).off < 1e-13);
    const Tensor here = whole.parts().one_term.slice(static_cast<int64_t>(rank) * 63, {3, 3, 7});
    CHECK(largest_difference(parts[rank].one_term, here) < 1e-13);
  }
}

}  // namespace norma
