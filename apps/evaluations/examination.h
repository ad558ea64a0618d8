#pragma once

#include <memory>
#include <vector>

#include "apps/evaluations/row_scores.h"
#include "apps/trainer/training.h"

namespace norma {

// A trained model held still to be looked at: with the weights that evaluation goes by, dropout
// off, nothing committed. While it lives the training is not to be touched; afterwards its weights,
// buffers, random numbers and next step are as before, bit for bit. Every process of a training may
// hold one and sees the whole batch.
class Examination {
 public:
  explicit Examination(Training& training);
  ~Examination();
  Examination(const Examination&) = delete;
  Examination& operator=(const Examination&) = delete;

  // The training's own loss of a batch whose first sample has this number in its split.
  LossResult judge(const Batch& batch, int64_t first_sample);
  // The same by way of the logits, all of them at once, row by row in `rows`.
  LossResult judge(const Batch& batch, int64_t first_sample, std::vector<RowScore>& rows);
  // What the model predicts.
  std::vector<RowScore> rows(const Batch& batch, int64_t first_sample);
  // The gradient of the batch's summed cross-entropy with respect to its input, of the input's
  // shape; undefined where the input has no influence. `rows` as above.
  Tensor input_gradient(const Batch& batch, int64_t first_sample, std::vector<RowScore>& rows);

  const RunConfig& config() const { return training_.config(); }
  const Dataset& data() const { return training_.data(); }
  DType dtype() const { return ctx_.dtype; }
  // Samples of a micro-batch of the training.
  int64_t micro_batch() const { return config().train.batch / config().train.accumulate; }
  bool classifies() const { return loss_->classifies(); }
  // Where an observer or a measure of whole batches is set for a while.
  Context& context() { return ctx_; }

 private:
  void begin(const Batch& batch, int64_t first_sample, Tape* tape);
  std::vector<RowScore> rows_of(const Tensor& logits, const Batch& batch) const;

  Training& training_;
  std::unique_ptr<Loss> loss_;
  int64_t ignored_ = kIgnored;
  Tape tape_;
  Context ctx_;
};

}  // namespace norma
