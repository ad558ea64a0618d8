#include "core/context.h"

#include <algorithm>
#include <string_view>

namespace norma {

const std::string Context::kRoot;

void Context::begin_forward(int64_t first_sample_of_batch) {
  first_sample = first_sample_of_batch;
  for (auto& [path, calls] : calls_) calls = 0;
  flops_ = 0;
  loss_terms_.clear();
  figures_.clear();
  if (tape) tape->clear();
}

RandomStream Context::random() {
  return RandomStream(seed, stable_hash(*path_), static_cast<uint32_t>(step), calls_[path_]++);
}

void Context::add_loss(const char* name, Var mean, double coefficient) {
  measure(name, mean.value.item(), 1);
  loss_terms_.push_back({name, std::move(mean), coefficient});
}

bool Context::is_loss_term(std::string_view figure) const {
  return std::any_of(loss_terms_.begin(), loss_terms_.end(),
                     [&](const LossTerm& term) { return term.name == figure; });
}

void Context::measure(const char* name, double sum, double weight) {
  add_figure(figures_, {name, sum, weight});
}

void add_figure(std::vector<Figure>& all, const Figure& figure) {
  const auto known = std::find_if(all.begin(), all.end(), [&](const Figure& other) {
    return std::string_view(other.name) == figure.name;
  });
  if (known == all.end()) {
    all.push_back(figure);
    return;
  }
  known->sum += figure.sum;
  known->weight += figure.weight;
}

void Context::observe_outputs(const char* op, std::span<Var* const> outputs) {
  for (const Var* output : outputs) observer->on_output(*path_, op, *output);
}

}  // namespace norma
