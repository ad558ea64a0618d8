#include <cmath>
#include <limits>

#include "apps/gauges/parts/attention_rows.h"

namespace norma {
namespace {

// Not a number where one of both is.
double larger(double a, double b) { return std::isnan(a) || a > b ? a : b; }

class LargestLogit final : public AttentionRows {
 public:
  LargestLogit() : AttentionRows("attention_largest_logit") {}
  void gather(const Tensor& logits, std::vector<double>& largest, double&) override {
    const int64_t batch = logits.shape()[0], heads = logits.shape()[1], each = logits.shape()[2];
    largest.resize(static_cast<size_t>(heads), -std::numeric_limits<double>::infinity());
    const double* value = logits.data<double>();
    for (int64_t b = 0; b < batch; ++b)
      for (double& head : largest)
        for (int64_t i = 0; i < each; ++i) head = larger(head, *value++);
  }
  void read(const Sight&, ProbeRecord& record) override {
    for (const Seen& seen : seen_) {
      double most = -std::numeric_limits<double>::infinity();
      for (const double head : seen.heads) most = larger(most, head);
      record.part("attention", seen.path)[name] = {{"largest", most}, {"heads", seen.heads}};
    }
  }
};

const RegisterProbeGauge<LargestLogit> registered_largest_logit(
    "largest_logit", "the largest attention logit: where it explodes, a softmax sees one key alone",
    "Dehghani et al. 2023, arXiv:2302.05442",
    "max of q·k/√d, with biases and the cap, over samples, queries and the keys that they see, for "
    "each head and over the heads, over all batches",
    "attention");

}  // namespace
}  // namespace norma
