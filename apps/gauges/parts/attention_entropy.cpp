#include "apps/gauges/parts/attention_rows.h"

namespace norma {
namespace {

class AttentionEntropy final : public AttentionRows {
 public:
  AttentionEntropy() : AttentionRows("attention_entropy") {}
  void gather(const Tensor& entropy, std::vector<double>& sums, double& rows) override {
    const int64_t batch = entropy.shape()[0], heads = entropy.shape()[1], each = entropy.shape()[2];
    sums.resize(static_cast<size_t>(heads));
    const double* value = entropy.data<double>();
    for (int64_t b = 0; b < batch; ++b)
      for (double& sum : sums)
        for (int64_t i = 0; i < each; ++i) sum += *value++;
    rows += static_cast<double>(batch * each);
  }
  void read(const Sight&, ProbeRecord& record) override {
    for (const Seen& seen : seen_) {
      Json heads = Json::array();
      double sum = 0;
      for (const double head : seen.heads) {
        heads.push_back(head / seen.rows);
        sum += head / seen.rows;
      }
      record.part("attention", seen.path)[name] = {
          {"mean", sum / static_cast<double>(seen.heads.size())}, {"heads", heads}};
    }
  }
};

const RegisterProbeGauge<AttentionEntropy> registered_attention_entropy(
    "attention_entropy", "how widely queries spread their attention: 0 where each sees one key",
    "Zhai et al. 2023, arXiv:2303.06296",
    "−Σ p ln p in nats over the keys of a query, p its softmax; the mean over samples, queries and "
    "batches, for each head and over the heads; ln n is the most that n keys allow",
    "attention");

}  // namespace
}  // namespace norma
