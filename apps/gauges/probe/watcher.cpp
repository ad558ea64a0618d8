#include "apps/gauges/probe/watcher.h"

#include <algorithm>
#include <atomic>

namespace norma {
namespace {

std::atomic<int64_t> probe_code{0};

bool has_numbers(const Tensor& x) {
  return (x.dtype() == DType::kFloat32 || x.dtype() == DType::kFloat64) && x.numel() > 0;
}

}  // namespace

int64_t probe_code_executed() { return probe_code.load(std::memory_order_relaxed); }
void count_probe_code() { probe_code.fetch_add(1, std::memory_order_relaxed); }

size_t Watcher::module_of(const std::string& path, const char* op, const Shape& shape) {
  const int64_t output = outputs_[{path, op}]++;
  const auto [known, is_new] = known_.try_emplace({path, op, output}, sight_.modules.size());
  if (is_new)
    sight_.modules.push_back(
        {.path = path, .op = op, .output = output, .shape = shape, .forward = {}, .backward = {}});
  return known->second;
}

void Watcher::on_output(const std::string& path, const char* op, const Var& output) {
  count_probe_code();
  if (in_backward_) {  // of the batch before
    outputs_.clear();
    by_slot_.clear();
    in_backward_ = false;
  }
  for (TapeObserver* const other : others_) other->on_output(path, op, output);
  if (path == Training::kLossPath || !has_numbers(output.value)) return;
  const size_t module = module_of(path, op, output.shape());
  sight_.modules[module].forward.add(output.value, parts_);
  if (output.needs_grad()) by_slot_[output.slot] = module;
}

void Watcher::on_output_grad(const std::string& path, const char* op, const Tensor& grad,
                             int32_t slot) {
  count_probe_code();
  in_backward_ = true;
  for (TapeObserver* const other : others_) other->on_output_grad(path, op, grad, slot);
  const auto module = by_slot_.find(slot);
  if (module != by_slot_.end()) sight_.modules[module->second].backward.add(grad, parts_);
}

void Watcher::on_join(const std::string& path, const Join& join) {
  count_probe_code();
  for (TapeObserver* const other : others_)
    if (auto* const watching = dynamic_cast<JoinObserver*>(other)) watching->on_join(path, join);
}

bool Watcher::asks_observables() const {
  return std::ranges::any_of(others_,
                             [](const TapeObserver* other) { return other->asks_observables(); });
}

void Watcher::on_observable(const std::string& path, const char* name, const Tensor& values) {
  count_probe_code();
  for (TapeObserver* const other : others_)
    if (other->asks_observables()) other->on_observable(path, name, values);
}

bool NormWatcher::wanted_by(const std::vector<TapeObserver*>& others) {
  return std::ranges::any_of(
      others, [](TapeObserver* other) { return dynamic_cast<NormObserver*>(other) != nullptr; });
}

void NormWatcher::on_norm_backward(const std::string& path, const GradientParts& parts) {
  count_probe_code();
  for (TapeObserver* const other : others_)
    if (auto* const watching = dynamic_cast<NormObserver*>(other))
      watching->on_norm_backward(path, parts);
}

}  // namespace norma
