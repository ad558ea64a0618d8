// Split batch normalization: in training the batch is cut into equal splits, each with a batch norm
// of its own (γ, β and running statistics); in eval all goes through the main one, that of the
// first split. For batches that put clean samples first and altered ones behind. Xie et al. 2020,
// arXiv:1911.09665 (AdvProp); names and defaults as timm's SplitBatchNorm2d.
#include "layers/norms/standardized.h"

namespace norma {
namespace {

struct SplitBatchNorm : BatchStandardized<SplitBatchNorm> {
  int64_t splits = 2;
  void describe(Fields& f) {
    describe_batch(f);
    f.integer("splits", splits,
              "parts of the batch with a norm of their own; the first is the main", {.min = 2});
  }
  static constexpr Domain domain() { return Domain::channel(); }
  void cut(Domain& domain) const { domain.splits = splits; }
};

const RegisterNorm<SplitBatchNorm> registered_split_batch_norm(
    "split_batch_norm", "batch norm with parameters and statistics of its own for parts of a batch",
    "Xie et al. 2020, arXiv:1911.09665; timm");

}  // namespace
}  // namespace norma
