#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "apps/trainer/run_config.h"
#include "core/comm.h"
#include "core/context.h"
#include "core/io/checkpoint.h"
#include "data/loader.h"
#include "layers/loss.h"
#include "layers/module.h"
#include "layers/norms/population.h"
#include "models/model.h"
#include "optim/clip.h"
#include "optim/ema.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

namespace norma {

struct StepReport {
  int64_t step = 0;  // from 1
  double loss = 0;   // mean over the batch's targets
  double accuracy = 0;
  bool classifies = false;
  double lr = 0, grad_norm = 0;
  Clipped clipped = {};
  double grad_scale = 0;  // times this, the gradients of the parameters are what the optimizer read
  int64_t samples = 0, tokens = 0;
  std::vector<Figure> figures = {};  // what layers measured: terms of the loss, tokens dropped …
  bool finite() const;
};

struct EvalReport {
  double loss = 0, accuracy = 0;
  bool classifies = false;
  double weight = 0;  // targets counted
  std::vector<Figure> figures = {};
};

// What a training rehearses: the next batches, with no lasting effect.
struct Rehearsal {
  int64_t micro_batches = 1;
  bool training = true;  // as a step does it; else as evaluation: running statistics, no dropout
  bool backward = true;
  TapeObserver* observer = nullptr;  // shown what operations otherwise never hold
  // Called while the parameters still have their gradients, with the number of targets that these
  // are sums over.
  std::function<void(double targets)> read = {};
};
struct Rehearsed {
  double loss = 0;  // the mean over the targets, terms that layers add included
  double targets = 0;
  double flops = 0;  // of the forwards
};

// One training in memory: data, model, optimizer and how far they are. Writes no files. With
// several ranks each holds a whole model and computes its share of every batch; all end a step with
// the same weights and report the same figures.
class Training {
 public:
  // Where observers see the loss; a model's modules have other paths.
  static inline const std::string kLossPath = "loss";

  // Throws Error where a micro-batch cannot be shared equally by the ranks. `data` are those that
  // the config names, where they are loaded already.
  explicit Training(const RunConfig& config, Comm& comm = single_process(),
                    std::shared_ptr<const Dataset> data = nullptr);

  // Choices of the config that are known to go badly together, each a sentence with its reason.
  std::vector<std::string> warnings() const;

  // One optimizer step. When the loss or the gradient is not finite the report says so and nothing
  // is updated, running statistics included.
  StepReport step();
  // The mean loss over a split, by the averaged weights where there is an average. The split may be
  // absent: then nothing is returned.
  std::optional<EvalReport> evaluate(Split split);

  // The model's forward of one held-out sample, as in use: what latency is measured on.
  void infer_one();

  // Measures the running statistics of all norms anew over the first `train.precise_bn.batches`
  // batches, with the weights that `weights` gives and dropout off, and puts them in place of those
  // that training left. Returns nothing where the config asks for none.
  std::optional<PopulationStatistics::Change> reestimate_statistics();

  // Exchanges the trained weights and those that evaluation goes by, the averaged ones where there
  // is an average; twice is back again, bit for bit.
  void exchange_average() {
    if (average_) average_->swap(params_);
  }

  int64_t steps_done() const { return steps_; }
  const RunConfig& config() const { return config_; }
  const Dataset& data() const { return *data_; }
  const Comm& comm() const { return comm_; }
  ParamSet& params() { return params_; }
  Module& model() { return *model_; }
  // What keeps gradients from growing; null: nothing.
  const Clip* clip() const { return clip_.get(); }

  // Forward and backward of the next step's first micro-batches, and of later steps' where there
  // are more of them, with no lasting effect: for the summary, for gauges and for finding out where
  // numbers stopped being finite.
  Rehearsed rehearse(const Rehearsal& rehearsal);
  // The same with an observer, which may be null. Returns the forwards' floating-point operations.
  double rehearse(TapeObserver* observer, int64_t micro_batches = 1,
                  const std::function<void(double targets)>& read = {}) {
    return rehearse({.micro_batches = micro_batches, .observer = observer, .read = read}).flops;
  }

  // Everything a resumed training needs. The views borrow this training's memory.
  io::CheckpointContent snapshot() const;
  // The weights to use (averaged where there is an average) and the buffers, as one file holds
  // them.
  std::vector<io::TensorView> weights() const;
  void restore(const io::LoadedCheckpoint& checkpoint);

 private:
  void begin_forward(const Batch& batch, int64_t first_sample);
  LossResult forward(const Batch& batch, int64_t first_sample);
  bool judge();
  // Backward of the loss and of the terms that layers added to it.
  void differentiate(const LossResult& result);
  void keep_buffers();
  void restore_buffers();
  // Samples of a micro-batch on all ranks together.
  int64_t micro_batch() const { return config_.train.batch / config_.train.accumulate; }

  RunConfig config_;
  Comm& comm_;
  std::shared_ptr<const Dataset> data_;
  std::unique_ptr<Loader> loader_;
  ParamSet params_;
  std::unique_ptr<Module> model_;
  std::unique_ptr<Loss> loss_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Schedule> schedule_;
  std::unique_ptr<Clip> clip_;
  std::optional<WeightAverage> average_;
  Tape tape_;
  Context ctx_;
  Batch batch_;
  std::vector<Tensor> kept_buffers_;  // as they were before the step
  int64_t steps_ = 0;
};

// The data that a training with this config learns from.
std::shared_ptr<const Dataset> load_data(const RunConfig& config);

// What a model must fit that learns from these data.
ModelInput input_for(const DataInfo& info);

// Takes weights and buffers from a safetensors file; an Error lists what is missing or misshapen.
void load_weights(ParamSet& params, const std::filesystem::path& file);

// A whole-number option of a spec, or nothing where it has no such option.
std::optional<int64_t> integer_option(const Spec& spec, const char* name);

}  // namespace norma
