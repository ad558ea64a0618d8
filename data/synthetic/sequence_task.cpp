#include "data/synthetic/sequence_task.h"

#include <algorithm>
#include <vector>

#include "core/io/sha256.h"
#include "core/parallel.h"
#include "data/duplicates.h"

namespace norma {

SequenceTask::SequenceTask(const Plan& plan, const DataRequest& request)
    : type_(plan.type), padded_(plan.padded), sizes_(plan.sizes), seed_(plan.seed) {
  if (request.context > 0 && plan.context > request.context)
    throw Error("[" + plan.type + "] its sequences have " + std::to_string(plan.context) +
                " tokens, the model's context is " + std::to_string(request.context));
  info_.kind = InputKind::kTokens;
  info_.vocab = plan.vocab;
  info_.context = plan.context;
  info_.answer = plan.answer;
  info_.order = plan.order;
}

RandomSequence SequenceTask::random(Split split, int64_t index) const {
  const RandomStream stream(static_cast<uint64_t>(seed_), stable_hash("data." + type_),
                            static_cast<uint32_t>(split));
  return RandomSequence(stream, static_cast<uint32_t>(index));
}

void SequenceTask::fetch_training(const Draws& draws, DType dtype, Batch& batch) const {
  for (const int64_t place : draws.places) check_range(Split::kTrain, place, 1);
  const int64_t count = std::ssize(draws.places), context = info_.context;
  batch.reshape(info_, count, dtype);
  int32_t* input = batch.input.data<int32_t>();
  int32_t* target = batch.target.data<int32_t>();
  for (int64_t i = 0; i < count; ++i)
    write(Split::kTrain, draws.places[static_cast<size_t>(i)], input + i * context,
          target + i * targets());
  write_mask(batch);
}

void SequenceTask::fetch(Split split, int64_t first, int64_t count, DType dtype,
                         Batch& batch) const {
  check_range(split, first, count);
  batch.reshape(info_, count, dtype);
  int32_t* input = batch.input.data<int32_t>();
  int32_t* target = batch.target.data<int32_t>();
  for (int64_t i = 0; i < count; ++i)
    write(split, first + i, input + i * info_.context, target + i * targets());
  write_mask(batch);
}

void SequenceTask::write_mask(Batch& batch) const {
  if (!padded_) return;
  batch.mask = Tensor::empty(batch.input.shape(), DType::kUInt8);
  const int32_t* const input = batch.input.data<int32_t>();
  std::transform(input, input + batch.input.numel(), batch.mask.data<uint8_t>(),
                 [](int32_t token) -> uint8_t { return token != 0; });
}

DataCard SequenceTask::card() const {
  DataCard card;
  card.type = type_;
  card.source = "synthetic, seed " + std::to_string(seed_);
  card.licence = "public domain";
  card.info = info_;
  std::array<std::vector<int32_t>, kSplits.size()> inputs;  // a sample's targets follow from these
  const auto samples = [&](Split split) {
    return SampleBytes{std::as_bytes(std::span(inputs[static_cast<size_t>(split)])),
                       static_cast<size_t>(info_.context) * sizeof(int32_t)};
  };
  for (const Split split : kSplits) {
    if (size(split) == 0) continue;
    std::vector<int32_t>& input = inputs[static_cast<size_t>(split)];
    input.resize(static_cast<size_t>(size(split) * info_.context));
    std::vector<int32_t> target(static_cast<size_t>(size(split) * targets()));
    parallel_ranges(size(split), info_.context * 16, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        write(split, i, input.data() + i * info_.context, target.data() + i * targets());
    });
    io::Sha256 hash;
    hash.update(std::as_bytes(std::span(input)));
    hash.update(std::as_bytes(std::span(target)));
    const int64_t bytes =
        (std::ssize(input) + std::ssize(target)) * static_cast<int64_t>(sizeof(int32_t));
    card.splits.push_back({split, size(split), std::ssize(input), bytes, hash.hex(), {}});
    if (split != Split::kTrain)
      card.duplicates.push_back({split,
                                 std::string("sequences of the ") + name_of(split) +
                                     " split that the train split holds too",
                                 size(split),
                                 count_copies(samples(split), samples(Split::kTrain))});
  }
  return card;
}

}  // namespace norma
