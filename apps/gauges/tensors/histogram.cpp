#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class HistogramGauge final : public TensorGauge {
  void prepare(TensorSight::Parts& parts) const override { parts.octaves = true; }
  Json of(const TensorSight& x) const override { return x.octaves(); }
};

const RegisterProbeGauge<HistogramGauge> registered_histogram(
    "histogram", "how the numbers are distributed, sign by sign and octave by octave", "",
    "counts in 103 bins with edges −2^10, −2^9 … −2^−40, 2^−40 … 2^10, the outermost open, x = 0 "
    "in "
    "the middle one; backward of the gradient of the summed loss: its edges are divided by the "
    "record's \"targets\"",
    "module");

}  // namespace
}  // namespace norma
