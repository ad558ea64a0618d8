#include "core/context.h"

namespace norma {

const std::string Context::kRoot;

void Context::begin_forward(int64_t first_sample_of_batch) {
  first_sample = first_sample_of_batch;
  for (auto& [path, calls] : calls_) calls = 0;
  flops_ = 0;
  if (tape) tape->clear();
}

RandomStream Context::random() {
  return RandomStream(seed, stable_hash(*path_), static_cast<uint32_t>(step), calls_[path_]++);
}

void Context::observe_outputs(const char* op, std::span<Var* const> outputs) {
  for (const Var* output : outputs) observer->on_forward(*path_, op, output->value);
}

}  // namespace norma
