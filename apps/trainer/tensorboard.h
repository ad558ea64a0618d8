#pragma once

#include "apps/trainer/run_config.h"
#include "core/config/json.h"
#include "core/io/event_file.h"
#include "core/param.h"

namespace norma {

// What a run writes for TensorBoard, where its config asks for that (`train.tensorboard`); else it
// does nothing.
class TensorBoard {
 public:
  TensorBoard(std::filesystem::path folder, const TrainOptions& options)
      : folder_(std::move(folder)), options_(options) {}

  // Before `open`, for a run that goes on at `step`: cuts the files back to the `position` that its
  // checkpoint holds; null removes them.
  void rewind(const Json& position, int64_t step);
  void open();

  // The numbers of a line of metrics.jsonl under their names, as float32, which holds seven digits
  // of them. What an evaluation took, "ms" as a step's time, is called val/ms or test/ms here.
  void add_line(const Json& line);
  // With `train.histograms`, those of all parameters (params/NAME) and of the gradients that the
  // step's optimizer read (grads/NAME): what the slab holds, times `grad_scale`.
  void add_parameters(int64_t step, const ParamSet& params, double grad_scale);

  // Waits until all of it would survive a loss of power. To be called before a checkpoint.
  void sync();
  // Where the files ended at the last `sync`, for the checkpoint to hold.
  Json position() const;

 private:
  std::filesystem::path folder_;
  const TrainOptions& options_;
  std::optional<io::EventFile> events_;
  std::optional<io::EventFile::Position> position_;
  std::optional<int64_t> goes_on_at_;
};

}  // namespace norma
