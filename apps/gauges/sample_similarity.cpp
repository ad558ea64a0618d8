#include "apps/gauges/norm_outputs.h"
#include "core/kernels/tensor_summary.h"

namespace norma {
namespace {

class SampleSimilarity final : public NormOutputs {
 public:
  std::vector<double> values() const override {
    const std::vector<double> cosines = from_outputs();
    if (cosines.empty()) throw Error("this model has no norm");
    return cosines;
  }

 private:
  double of_output(const Tensor& output) const override {
    const int64_t samples = output.shape()[0];
    return with_float_type(output.dtype(), [&]<class T>() {
      return kernels::mean_cosine(output.data<T>(), samples, output.numel() / samples);
    });
  }
};

const RegisterGauge<SampleSimilarity> registered_sample_similarity(
    "sample_similarity", "how alike the activations of different samples are behind each norm",
    "Lubana, Dick, Tanaka 2021, arXiv:2106.05956",
    "mean over pairs of samples of a batch of ⟨x_a, x_b⟩/(‖x_a‖‖x_b‖), x what the norm puts out, "
    "its "
    "activation included, all positions of a sample taken together",
    "norm");

}  // namespace
}  // namespace norma
