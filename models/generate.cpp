#include "models/generate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/rng.h"

namespace norma {

int32_t choose_token(const std::vector<double>& logits, const SamplingOptions& options,
                     double uniform) {
  std::vector<int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  // Equal logits in the order of their numbers: the same choice on every machine.
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return logits[static_cast<size_t>(a)] > logits[static_cast<size_t>(b)];
  });
  if (options.temperature == 0) return order.front();
  if (options.top_k > 0 && static_cast<size_t>(options.top_k) < order.size())
    order.resize(static_cast<size_t>(options.top_k));

  const double largest = logits[static_cast<size_t>(order.front())];
  std::vector<double> weights;
  double total = 0;
  for (const int32_t token : order) {
    weights.push_back(
        std::exp((logits[static_cast<size_t>(token)] - largest) / options.temperature));
    total += weights.back();
  }
  // The nucleus: the fewest likeliest tokens whose probabilities reach top_p (Holtzman et al. 2019,
  // arXiv:1904.09751).
  if (options.top_p < 1) {
    double reached = 0;
    size_t kept = 0;
    do reached += weights[kept++];
    while (kept < weights.size() && reached < options.top_p * total);
    weights.resize(kept);
    total = reached;
  }
  double left = uniform * total;
  for (size_t i = 0; i < weights.size(); ++i)
    if ((left -= weights[i]) < 0) return order[i];
  return order[weights.size() - 1];
}

namespace {

// Reads tokens into the caches and returns the logits behind the last.
std::vector<double> read(Module& model, Context& ctx, Inference& inference,
                         std::span<const int32_t> tokens) {
  const int64_t count = static_cast<int64_t>(tokens.size());
  const Tensor input = Tensor::empty({1, count}, DType::kInt32);
  std::copy(tokens.begin(), tokens.end(), input.data<int32_t>());
  ctx.begin_forward(0);
  const Tensor logits = model(ctx, Var{input}).value;
  inference.position += count;
  const int64_t vocab = logits.shape().back();
  return logits.slice((count - 1) * vocab, {vocab}).to_vector();
}

}  // namespace

void generate(Module& model, DType dtype, int64_t context, std::vector<int32_t> tokens,
              int64_t count, uint64_t seed, const SamplingOptions& options,
              const std::function<void(int32_t)>& on_token) {
  Inference inference{.capacity = context, .position = 0, .caches = {}};
  Context ctx;
  ctx.dtype = dtype;
  ctx.inference = &inference;
  RandomSequence random(RandomStream(seed, stable_hash("sample")));
  std::span<const int32_t> unread(tokens);
  for (int64_t made = 0; made < count; ++made) {
    if (inference.position + static_cast<int64_t>(unread.size()) > context) {
      inference.position = 0;
      const size_t keep = static_cast<size_t>(std::max<int64_t>(context / 2, 1));
      unread = std::span<const int32_t>(tokens).last(std::min(keep, tokens.size()));
    }
    const std::vector<double> logits = read(model, ctx, inference, unread);
    tokens.push_back(choose_token(logits, options, random.uniform()));
    on_token(tokens.back());
    unread = std::span<const int32_t>(tokens).last(1);
  }
}

}  // namespace norma
