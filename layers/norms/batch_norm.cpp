// Batch normalization: every channel is standardized over all samples and positions of the batch;
// in eval by running statistics. Normalizes by the biased, tracks the unbiased variance, as
// PyTorch. Ioffe, Szegedy 2015, arXiv:1502.03167.
//
// Ghost batches take their statistics from a few samples each, so that these do not depend on how
// large a batch the optimizer sees (Hoffer, Hubara, Soudry 2017, arXiv:1705.08741, algorithm 1).
// Into the one running estimate they go one after the other, as if they had been steps of their
// own; of the last, smaller one no less than of the others.
#include "layers/norms/convention.h"
#include "layers/norms/standardized.h"

namespace norma {
namespace {

struct BatchNorm : TrackedStandardized {
  std::string convention = "torch";
  std::optional<int64_t> ghost_batch;
  // Keras and Flax say the weight of the old value, 0.99, where `momentum` is that of the new one.
  static constexpr auto conventions() {
    using Set = Convention<BatchNorm>;
    return std::array{Set{"torch", [](BatchNorm&) {}},
                      Set{"keras",
                          [](BatchNorm& o) {
                            o.eps = 1e-3;
                            o.track_biased(0.01);
                          }},
                      Set{"flax", [](BatchNorm& o) { o.track_biased(0.01); }}};
  }
  void describe(Fields& f) {
    describe_convention(f, *this);
    describe_tracked(f);
    f.maybe_integer("ghost_batch", ghost_batch,
                    "samples that share a statistic in training; null: the whole batch",
                    {.min = 1});
  }
  static constexpr Domain domain() { return Domain::channel(); }
  void cut(Domain& domain) const { domain.ghost = ghost_batch.value_or(0); }
};

const RegisterNorm<BatchNorm> registered("batch_norm", "γ (x − mean)/√(var + ε) + β over the batch",
                                         "Ioffe, Szegedy 2015, arXiv:1502.03167");

}  // namespace
}  // namespace norma
