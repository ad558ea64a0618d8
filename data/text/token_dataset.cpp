#include "data/text/token_dataset.h"

#include <algorithm>

#include "core/io/sha256.h"

namespace norma {

void TokenDataset::set_tokens(const Runs& runs, int64_t vocab, int64_t context,
                              const std::string& name) {
  for (const Split split : kSplits) {
    const int64_t count = std::ssize(runs[static_cast<size_t>(split)]);
    if (count > context || (count == 0 && split != Split::kTrain)) continue;
    throw Error(name + ": the " + name_of(split) + " split has " + std::to_string(count) +
                " tokens; one window of context " + std::to_string(context) + " needs " +
                std::to_string(context + 1));
  }
  runs_ = runs;
  info_.kind = InputKind::kTokens;
  info_.vocab = vocab;
  info_.context = context;
  info_.next_token = true;
}

Places TokenDataset::places() const {
  return {std::ssize(tokens(Split::kTrain)) - info_.context, info_.context};
}

int64_t TokenDataset::size(Split split) const {
  const int64_t count = std::ssize(tokens(split));
  return count == 0 ? 0 : (count - 1 + info_.context - 1) / info_.context;
}

void TokenDataset::copy_window(Split split, int64_t start, int32_t* input, int32_t* target) const {
  const uint16_t* window = tokens(split).data() + start;
  std::copy_n(window, info_.context, input);
  std::copy_n(window + 1, info_.context, target);
}

void TokenDataset::fetch_training(const Draws& draws, DType dtype, Batch& batch) const {
  const int64_t last = places().count - 1;
  batch.reshape(info_, std::ssize(draws.places), dtype);
  int32_t* input = batch.input.data<int32_t>();
  int32_t* target = batch.target.data<int32_t>();
  for (const int64_t start : draws.places) {
    if (start < 0 || start > last)
      throw Error("[data] training window " + std::to_string(start) + " is outside 0 … " +
                  std::to_string(last));
    copy_window(Split::kTrain, start, input, target);
    input += info_.context;
    target += info_.context;
  }
}

void TokenDataset::fetch(Split split, int64_t first, int64_t count, DType dtype,
                         Batch& batch) const {
  check_range(split, first, count);
  batch.reshape(info_, count, dtype);
  const int64_t context = info_.context;
  const int64_t last_start = std::ssize(tokens(split)) - 1 - context;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t wanted = (first + i) * context;
    const int64_t start = std::min(wanted, last_start);
    int32_t* target = batch.target.data<int32_t>() + i * context;
    copy_window(split, start, batch.input.data<int32_t>() + i * context, target);
    std::fill_n(target, wanted - start, kIgnored);
  }
}

SplitCard TokenDataset::split_card(Split split, std::span<const std::byte> content) const {
  SplitCard card;
  card.split = split;
  card.samples = size(split);
  card.tokens = std::ssize(tokens(split));
  card.bytes = std::ssize(content);
  card.sha256 = io::sha256_of(content);
  return card;
}

void WindowOptions::describe(Fields& f) {
  f.maybe_integer("context", context, "tokens a sample; null: the model's context", {.min = 1});
  order.describe(f);
}

int64_t WindowOptions::resolve(const DataRequest& request, const std::string& type) const {
  if (!context && request.context <= 0)
    throw Error("[" + type + "] the model has no context of its own; set data.context");
  if (context && request.context > 0 && *context > request.context)
    throw Error("[" + type + "] data.context is " + std::to_string(*context) +
                ", more than the model's context of " + std::to_string(request.context));
  return context.value_or(request.context);
}

}  // namespace norma
