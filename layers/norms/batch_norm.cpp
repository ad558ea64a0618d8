// Batch normalization: every channel is standardized over all samples and positions of the batch;
// in eval by running statistics. Normalizes by the biased, tracks the unbiased variance, as
// PyTorch. Ioffe, Szegedy 2015, arXiv:1502.03167.
//
// Ghost batches take their statistics from a few samples each, so that these do not depend on how
// large a batch the optimizer sees (Hoffer, Hubara, Soudry 2017, arXiv:1705.08741, algorithm 1).
// Into the one running estimate they go one after the other, as if they had been steps of their
// own; of the last, smaller one no less than of the others.
#include "layers/norms/standardized.h"

namespace norma {
namespace {

struct BatchNorm : BatchStandardized<BatchNorm> {
  std::optional<int64_t> ghost_batch;
  void describe(Fields& f) {
    describe_batch(f);
    f.maybe_integer("ghost_batch", ghost_batch,
                    "samples that share a statistic in training; null: the whole batch",
                    {.min = 1});
  }
  static constexpr Domain domain() { return Domain::channel(); }
  void cut(Domain& domain) const { domain.ghost = ghost_batch.value_or(0); }
};

const RegisterNorm<BatchNorm> registered_batch_norm("batch_norm",
                                                    "γ (x − mean)/√(var + ε) + β over the batch",
                                                    "Ioffe, Szegedy 2015, arXiv:1502.03167");

}  // namespace
}  // namespace norma
