// Batch normalization over the batches of all processes together: each sends its count, mean and
// squared deviations of a channel, which all merge in rank order; the sums of the backward
// likewise. With one process it is batch_norm. As PyTorch's SyncBatchNorm.
#include "layers/norms/standardized.h"

namespace norma {
namespace {

struct SyncBatchNorm : BatchStandardized<SyncBatchNorm> {
  void describe(Fields& f) { describe_batch(f); }
  static constexpr Domain domain() { return Domain::channel(); }
  void cut(Domain& domain) const { domain.over_ranks = true; }
};

const RegisterNorm<SyncBatchNorm> registered_sync_batch_norm(
    "sync_batch_norm", "γ (x − mean)/√(var + ε) + β over the batches of all processes",
    "PyTorch, torch.nn.SyncBatchNorm");

}  // namespace
}  // namespace norma
