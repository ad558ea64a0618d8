#include "tests/models/random_model.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "tests/catch.h"
#include "tests/specimen.h"

namespace norma {

TrainedModel random_model(const Json& config, const ModelInput& extents) {
  const Spec spec = make_spec(config, model_registry(), "the model");
  ParamSet set(DType::kFloat64, 3);
  const auto model = make_model(Scope(set), spec, extents);
  set.materialize();
  TrainedModel trained{spec, {}};
  for (const Param& param : set.params()) {
    Numbers values = param.value.to_vector();
    const Numbers noise = normal_numbers(param.name, param.numel());
    for (size_t i = 0; i < values.size(); ++i) values[i] += 0.2 * noise[i];
    trained.state[param.name] = Tensor::from(values, param.shape, DType::kFloat64);
  }
  for (const Buffer& buffer : set.buffers()) {
    trained.state[buffer.name] = buffer.value.clone();
    if (buffer.value.dtype() != DType::kFloat64) continue;
    Numbers values = normal_numbers(buffer.name, buffer.value.numel());
    for (double& value : values) value = 0.5 + std::abs(value);
    // Vectors of a power iteration have length 1; running statistics are above 0.
    trained.state[buffer.name] = Tensor::from(values, buffer.value.shape(), DType::kFloat64);
  }
  return trained;
}

Tensor output_in_eval(const TrainedModel& trained, const ModelInput& extents,
                      const FoldSample& sample) {
  ParamSet set(DType::kFloat64, 4);
  const auto model = make_model(Scope(set), trained.spec, extents);
  set.materialize();
  REQUIRE(set.params().size() + set.buffers().size() == trained.state.size());
  for (Param& param : set.params()) param.value.copy_from(trained.state.at(param.name));
  for (Buffer& buffer : set.buffers()) buffer.value.copy_from(trained.state.at(buffer.name));
  set.touch();
  Context ctx;
  ctx.dtype = DType::kFloat64;
  ctx.mask = sample.mask;
  ctx.target = sample.target;
  ctx.begin_forward(0);
  const bool tokens = sample.input.dtype() == DType::kInt32;
  return (*model)(ctx, Var{tokens ? sample.input : sample.input.to(DType::kFloat64)}).value;
}

}  // namespace norma
