#include "apps/classroom/norm_run.h"

#include <nlohmann/json.hpp>

#include "core/config/config.h"

namespace norma::classroom {
namespace {

// What the run itself reads: with the statistics that training steps before it leave.
NamedTensors with_statistics(const NormRequest& request) {
  NamedTensors in = request.in;
  if (request.training || request.steps_before == 0) return in;
  NamedTensors forward_alone = in;
  forward_alone.erase("grad_output");
  const NamedTensors trained =
      run_layer(request.spec, forward_alone,
                {.dtype = request.dtype, .training = true, .repeat = request.steps_before});
  for (const auto& [name, tensor] : trained)
    if (name.starts_with("buffer.")) in[name] = tensor;
  return in;
}

NamedTensors state_of(const ParamSet& params, const NamedTensors& in) {
  NamedTensors state;
  for (const Param& param : params.params()) state["param." + param.name] = param.value.clone();
  for (const Buffer& buffer : params.buffers())
    state["buffer." + buffer.name] = buffer.value.clone();
  for (const auto& [name, tensor] : in)
    if (state.contains(name)) state[name] = tensor;
  return state;
}

NamedTensors run_with(KernelWatch& watch, const NormRequest& request, const NamedTensors& in) {
  return run_module(
      [&](const Scope& scope, const LayerInput& input) {
        return watch.watched(scope, make_norm(scope, request.spec, input.shape.back()));
      },
      in, {.dtype = DType::kFloat64, .training = request.training});
}

}  // namespace

Spec with_defaults(const Entry& entry) {
  try {
    return make_spec(Json(entry.type), norm_registry(), entry.type);
  } catch (const ConfigError&) {
    return {};
  }
}

NormRun run_watched(const NormRequest& request) {
  const NamedTensors in = with_statistics(request);
  const Tensor& input = in.at("input");
  KernelWatch watch;
  NormRun run;
  run.out = run_with(watch, request, in);
  run.read = watch.read();
  run.terms = watch.terms();
  if (request.dtype != DType::kFloat64)
    run.out = run_layer(request.spec, in, {.dtype = request.dtype, .training = request.training});
  ParamSet params(request.dtype, 1);
  const std::unique_ptr<Norm> norm = make_norm(Scope(params), request.spec, input.shape().back());
  params.materialize();
  run.state = state_of(params, in);
  run.definition = norm->definition();
  run.x = input.to_vector();
  run.domains = domains_of(run.definition.domain, nsc_of(input.shape()), request.training, run.x);
  return run;
}

std::vector<double> slopes(const NormRequest& request) {
  NamedTensors in = with_statistics(request);
  in["grad_output"] = Tensor::full(in.at("input").shape(), DType::kFloat64, 1);
  KernelWatch watch;
  run_with(watch, request, in);
  return watch.terms().direct;
}

}  // namespace norma::classroom
