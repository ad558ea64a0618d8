#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class CosineGauge final : public TensorGauge {
  void prepare(TensorSight::Parts& parts) const override { parts.cosine = true; }
  Json of(const TensorSight& x) const override { return x.cosine(); }
};

const RegisterProbeGauge<CosineGauge> registered_cosine(
    "cosine", "how alike samples look: 1 where all point the same way", "",
    "mean over pairs of different samples of ⟨a,b⟩/(‖a‖‖b‖), a and b all numbers of a sample; "
    "samples that are 0 left out; mean over batches",
    "module");

}  // namespace
}  // namespace norma
