#include "optim/optimizer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/parallel.h"

namespace norma {

void DecayKinds::describe(Fields& f) {
  f.flag("weight", weight, "matrices and convolution kernels");
  f.flag("embedding", embedding, "embeddings of tokens and positions");
  f.flag("gain", gain, "gains of norms");
  f.flag("bias", bias, "biases and offsets");
  f.flag("scalar", scalar, "single learned numbers");
}

bool DecayKinds::covers(ParamKind kind) const {
  switch (kind) {
    case ParamKind::kWeight:
      return weight;
    case ParamKind::kEmbedding:
      return embedding;
    case ParamKind::kGain:
      return gain;
    case ParamKind::kBias:
      return bias;
    case ParamKind::kScalar:
      return scalar;
  }
  return false;
}

Optimizer::Optimizer(const ParamSet& params, const DecayKinds& decay,
                     std::vector<std::string> slots) {
  // Runs end at a fixed length, so that work and rounding do not depend on the number of threads.
  constexpr int64_t kLongest = 16 * 1024;
  for (const Param& param : params.params())
    for (int64_t begin = 0; begin < param.numel(); begin += kLongest)
      runs_.push_back({param.offset + begin,
                       param.offset + std::min(begin + kLongest, param.numel()),
                       decay.covers(param.kind)});
  for (std::string& name : slots)
    state_.emplace_back(std::move(name), Tensor::zeros(params.values().shape(), params.dtype()));
}

void Optimizer::step(ParamSet& params, const StepInput& input) {
  ++steps_;
  const int64_t runs = static_cast<int64_t>(runs_.size());
  const Chunks cut = chunks_of(runs, 4096);
  parallel_chunks(cut.number, [&](int64_t chunk) {
    for (int64_t i = cut.begin(chunk); i < cut.end(chunk); ++i)
      update(runs_[static_cast<size_t>(i)], params, input);
  });
  params.updated();
}

Registry<OptimizerType>& optimizer_registry() {
  static Registry<OptimizerType> registry("optimizer");
  return registry;
}

std::unique_ptr<Optimizer> make_optimizer(const Spec& spec, const ParamSet& params) {
  return optimizer_registry().at(spec.type).make(spec, params);
}

double base_lr(const Spec& spec) { return spec.options->at("lr").get<double>(); }

}  // namespace norma
