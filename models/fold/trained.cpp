#include "models/fold/trained.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/tensor_compare.h"

namespace norma {
namespace {

void take(const State& state, const std::string& name, const Tensor& target) {
  const auto found = state.find(name);
  if (found == state.end())
    throw Error("the weights hold no \"" + name + "\" " + target.shape().str() +
                ", which the model has");
  if (!(found->second.shape() == target.shape()))
    throw Error("the weights hold \"" + name + "\" as " + found->second.shape().str() +
                ", the model has it as " + target.shape().str());
  target.copy_from(found->second);
}

// Whether each row of an output is asked about; undefined: all are.
Tensor rows_asked(int64_t rows, const FoldSample& sample, const ModelInput& extents) {
  if (extents.answer == 0 || !sample.target)
    return sample.mask && sample.mask.numel() == rows ? sample.mask : Tensor();
  const Tensor asked = Tensor::empty({rows}, DType::kUInt8);
  for (int64_t row = 0; row < rows; ++row)
    asked.data<uint8_t>()[row] = sample.target.data<int32_t>()[row] >= 0;
  return asked;
}

bool is_finite(const Tensor& tensor) {
  const double* const first = tensor.data<double>();
  return std::all_of(first, first + tensor.numel(), [](double x) { return std::isfinite(x); });
}

}  // namespace

Built::Built(const TrainedModel& trained, const ModelInput& extents, DType dtype) : set_(dtype, 1) {
  model_ = make_model(Scope(set_), trained.spec, extents);
  set_.materialize();
  for (Param& param : set_.params()) take(trained.state, param.name, param.value);
  for (Buffer& buffer : set_.buffers()) take(trained.state, buffer.name, buffer.value);
  set_.touch();
}

Tensor Built::output(const FoldSample& sample) {
  Context ctx;
  ctx.tape = &tape_;
  ctx.dtype = set_.dtype();
  ctx.mask = sample.mask;
  ctx.target = sample.target;
  ctx.begin_forward(0);
  const bool tokens = sample.input.dtype() == DType::kInt32;
  const Tensor x = tokens ? sample.input : sample.input.to(set_.dtype());
  return (*model_)(ctx, Var{x}).value.to(DType::kFloat64);
}

State Built::state() const {
  State all;
  for (const Param& param : set_.params()) all[param.name] = param.value.clone();
  for (const Buffer& buffer : set_.buffers()) all[buffer.name] = buffer.value.clone();
  return all;
}

std::set<std::string> state_names(const Spec& spec, const ModelInput& extents) {
  ParamSet set(DType::kFloat32, 1);
  const auto model = make_model(Scope(set), spec, extents);
  std::set<std::string> names;
  for (const Param& param : set.params()) names.insert(param.name);
  for (const Buffer& buffer : set.buffers()) names.insert(buffer.name);
  return names;
}

double deviation(Tensor a, Tensor b, const FoldSample& sample, const ModelInput& extents) {
  if (const Tensor asked = rows_asked(a.rows(), sample, extents)) {
    const int64_t width = a.shape().back();
    for (Tensor* const output : {&a, &b}) {
      *output = output->clone();
      for (int64_t row = 0; row < a.rows(); ++row)
        if (!asked.data<uint8_t>()[row]) output->slice(row * width, {width}).zero();
    }
  }
  if (!is_finite(a) || !is_finite(b)) return std::numeric_limits<double>::quiet_NaN();
  return relative_difference(b, a);
}

}  // namespace norma
