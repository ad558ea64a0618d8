#pragma once

#include <array>
#include <string>

#include "data/data_card.h"
#include "data/data_registry.h"
#include "data/dataset.h"

namespace norma {

// A made-up task on short sequences of tokens. A sample is written anew whenever it is fetched, out
// of the random numbers of (seed, split, index), so any number of them takes no memory. Positions
// where nothing is asked have the target kIgnored.
class SequenceTask : public Dataset {
 public:
  int64_t size(Split split) const override { return sizes_[static_cast<size_t>(split)]; }
  void fetch_training(const Draws& draws, DType dtype, Batch& batch) const override;
  void fetch(Split split, int64_t first, int64_t count, DType dtype, Batch& batch) const override;
  DataCard card() const override;

 protected:
  struct Plan {
    std::string type;
    int64_t vocab = 0, context = 0;
    int64_t answer = 0;   // tokens of a target that is a sequence of its own; 0 = `context`
    bool padded = false;  // token 0 fills inputs up and nothing else
    std::array<int64_t, kSplits.size()> sizes{};
    int64_t seed = 0;
    Order order = Order::kShuffled;
  };
  // An Error when the sequences are longer than the model's context.
  SequenceTask(const Plan& plan, const DataRequest& request);

  // Writes sample `index` of a split: `context` input tokens and as many targets, or `answer`.
  virtual void write(Split split, int64_t index, int32_t* input, int32_t* target) const = 0;
  RandomSequence random(Split split, int64_t index) const;

 private:
  int64_t targets() const { return info_.answer > 0 ? info_.answer : info_.context; }
  void write_mask(Batch& batch) const;

  std::string type_;
  bool padded_;
  std::array<int64_t, kSplits.size()> sizes_;
  int64_t seed_;
};

}  // namespace norma
