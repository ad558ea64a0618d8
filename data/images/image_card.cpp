#include "core/io/sha256.h"
#include "data/duplicates.h"
#include "data/images/image_dataset.h"

namespace norma {

SplitCard ImageDataset::split_card(Split split) const {
  SplitCard card;
  card.split = split;
  card.samples = size(split);
  card.bytes = std::ssize(pixels(split)) + std::ssize(labels(split));
  io::Sha256 hash;
  hash.update(std::as_bytes(pixels(split)));
  hash.update(std::as_bytes(labels(split)));
  card.sha256 = hash.hex();
  card.class_counts.resize(static_cast<size_t>(info_.classes));
  for (const uint8_t label : labels(split)) ++card.class_counts[label];
  return card;
}

namespace {

// A file sorted by class leaves whole classes to one split: nothing could be learned about them.
void note_missing_classes(const SplitCard& train, const SplitCard& other, DataCard& card) {
  for (size_t c = 0; c < train.class_counts.size(); ++c)
    if ((train.class_counts[c] == 0) != (other.class_counts[c] == 0))
      card.notes.push_back("class " + std::to_string(c) + " has " +
                           std::to_string(train.class_counts[c]) + " images in the train split, " +
                           std::to_string(other.class_counts[c]) + " in the " +
                           name_of(other.split) + " split");
}

}  // namespace

DataCard ImageDataset::card() const {
  DataCard card;
  card.type = files_.type;
  card.source = files_.source;
  card.licence = files_.licence;
  card.info = info_;
  card.class_names = files_.class_names;
  if (options_.normalize == "standard") {
    card.mean = mean_;
    card.std = std_;
  }
  if (const int64_t labels = std::ssize(poisoned_.places)) {
    const PoisonOptions& how = options_.poison;
    card.poison = {how.share, how.towards, how.seed, labels};
    card.notes.push_back(std::to_string(labels) + " labels of the train split are replaced by " +
                         std::to_string(how.towards) + " on purpose");
  }
  const auto samples = [&](Split split) {
    return SampleBytes{std::as_bytes(pixels(split)),
                       static_cast<size_t>(files_.training.image_size())};
  };
  for (const Split split : kSplits) {
    if (size(split) == 0) continue;
    card.splits.push_back(split_card(split));
    if (split == Split::kTrain) {
      card.duplicates.push_back({split, "images of the train split that equal an earlier one",
                                 size(split), count_repeats(samples(split))});
      continue;
    }
    card.duplicates.push_back(
        {split,
         std::string("images of the ") + name_of(split) + " split that the train split holds too",
         size(split), count_copies(samples(split), samples(Split::kTrain))});
    note_missing_classes(card.splits.front(), card.splits.back(), card);
  }
  return card;
}

}  // namespace norma
