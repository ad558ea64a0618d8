#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "data/data_card.h"
#include "data/data_registry.h"
#include "data/dataset.h"

namespace norma {

// Three runs of tokens, read in windows of T tokens whose targets are the same window one token
// later. Training windows start anywhere. Evaluation windows stand side by side, so that every
// token but the first is predicted once; the last one is moved back to be whole, and what it
// repeats is not asked again.
class TokenDataset : public Dataset {
 public:
  Places places() const override;
  void fetch_training(const Draws& draws, DType dtype, Batch& batch) const override;
  int64_t size(Split split) const override;
  void fetch(Split split, int64_t first, int64_t count, DType dtype, Batch& batch) const override;

 protected:
  using Runs = std::array<std::span<const uint16_t>, kSplits.size()>;
  // `name` starts the message when a run is too short for one window. Empty runs are splits that
  // do not exist; the training run must. The memory belongs to the derived class.
  void set_tokens(const Runs& runs, int64_t vocab, int64_t context, const std::string& name);
  std::span<const uint16_t> tokens(Split split) const { return runs_[static_cast<size_t>(split)]; }

  // Sizes of a split; the hash is of `content`.
  SplitCard split_card(Split split, std::span<const std::byte> content) const;

 private:
  void copy_window(Split split, int64_t start, int32_t* input, int32_t* target) const;
  Runs runs_;
};

// The `context` and `order` options of kinds of data that are read in windows.
struct WindowOptions {
  std::optional<int64_t> context;
  OrderOption order;
  void describe(Fields& f);
  // The given context or the model's; an Error when there is neither, or the given one is larger.
  int64_t resolve(const DataRequest& request, const std::string& type) const;
};

}  // namespace norma
