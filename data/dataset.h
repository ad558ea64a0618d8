#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/rng.h"
#include "core/tensor.h"
#include "data/sampler.h"

namespace norma {

class Tokenizer;
struct DataCard;

enum class Split : uint8_t { kTrain, kValidation, kTest };
inline constexpr std::array kSplits{Split::kTrain, Split::kValidation, Split::kTest};
const char* name_of(Split split);

enum class InputKind : uint8_t { kTokens, kImages, kFeatures };

// The target of a position that no loss looks at, as in PyTorch.
inline constexpr int32_t kIgnored = -100;

// What a model must know to fit a data set. Extents that do not apply are 0.
struct DataInfo {
  InputKind kind = InputKind::kFeatures;
  int64_t vocab = 0;    // tokens: the numbers 0 … vocab-1
  int64_t context = 0;  // tokens: positions T of a sample
  int64_t answer = 0;   // tokens: positions of a target that is a sequence of its own; 0 = (B,T)
  bool next_token = false;  // tokens: a target is the input one position later
  int64_t height = 0, width = 0, channels = 0;
  int64_t features = 0;
  int64_t classes = 0;  // one class a sample; tokens have one target a position instead
  Order order = Order::kShuffled;

  Shape input_shape(int64_t samples) const;   // (B,T), (B,H,W,C) or (B,F)
  Shape target_shape(int64_t samples) const;  // (B,T), (B,answer) or (B)
};

// What a model is fed. The tensors are used again for the next batch unless somebody holds on to
// them, so a steady training allocates nothing here.
struct Batch {
  Tensor
      input;  // int32 tokens (B,T), or images (B,H,W,C) or features (B,F) in the run's float type
  Tensor target;  // int32 (B,T), (B,answer) or (B); kIgnored where nothing is asked
  Tensor mask;    // uint8 (B,T): 1 for real positions; undefined when all are
  int64_t samples = 0;
  int64_t tokens = 0;  // B·T for tokens, else 0

  void reshape(const DataInfo& info, int64_t count, DType dtype);
};

// The training samples to fetch: where each starts, and what the random augmentation depends on.
struct Draws {
  std::span<const int64_t> places;
  uint64_t first = 0;    // global sample number of places[0]; the others follow
  RandomStream augment;  // element e of sample number k
};

// Samples in three splits. Training takes them by place in any order (see Sampler), evaluation
// walks a split once, in file order, without augmentation. Const and safe to share among threads.
class Dataset {
 public:
  virtual ~Dataset() = default;
  const DataInfo& info() const { return info_; }

  // Where training samples can start.
  virtual Places places() const { return {size(Split::kTrain), 1}; }
  virtual void fetch_training(const Draws& draws, DType dtype, Batch& batch) const = 0;

  // Samples that cover a split once, every token or image counted once; 0 = no such split.
  virtual int64_t size(Split split) const = 0;
  virtual void fetch(Split split, int64_t first, int64_t count, DType dtype,
                     Batch& batch) const = 0;

  // Where the data comes from and what is in it, for the run folder. Takes a moment: it hashes
  // every split and looks for samples that several splits share.
  virtual DataCard card() const = 0;
  // Turns text into tokens and back; nullptr where tokens are no text.
  virtual const Tokenizer* tokenizer() const { return nullptr; }

 protected:
  // Throws when [first, first + count) leaves the split: the caller's loop is wrong.
  void check_range(Split split, int64_t first, int64_t count) const;
  DataInfo info_;
};

}  // namespace norma
