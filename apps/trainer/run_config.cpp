#include "apps/trainer/run_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/data_registry.h"
#include "layers/loss.h"
#include "models/model.h"
#include "optim/clip.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

namespace norma {

void TrainOptions::describe(Fields& f) {
  f.integer("steps", steps, "optimizer steps", {.min = 1});
  f.integer("batch", batch, "samples an optimizer step", {.min = 1});
  f.integer("accumulate", accumulate, "micro-batches that a batch is cut into, to save memory",
            {.min = 1});
  f.choice("precision", precision, {"fp32", "bf16", "fp64"},
           "floating-point type of the training; bf16 = fp32, but the operands of linear layers' "
           "products are rounded to bfloat16");
  f.choice("recompute", recompute, {"none", "norms", "norms_and_activations"},
           "what the backward computes again where only products read it, instead of keeping it: "
           "the same numbers in less memory and a little more time");
  f.integer("seed", seed, "of initial values, order of the data, dropout", {.min = 0});
  f.integer("eval_every", eval_every,
            "steps between evaluations on the validation split; 0 = only at the end", {.min = 0});
  f.maybe_integer("eval_samples", eval_samples, "samples an evaluation looks at; null = all",
                  {.min = 1});
  f.maybe_integer("patience", patience,
                  "stop early after this many evaluations without a better loss; null = never",
                  {.min = 1});
  f.integer("checkpoint_every", checkpoint_every, "steps between checkpoints; 0 = only at the end",
            {.min = 0});
  f.integer("keep_checkpoints", keep_checkpoints, "checkpoints kept besides the best", {.min = 1});
  f.maybe_number("ema", ema, "memory of the moving average of weights, e.g. 0.999; null = none",
                 {.min = 0, .below = 1});
  f.object(
      "precise_bn",
      [&](Fields& inner) {
        inner.integer("batches", precise_batches,
                      "training batches over which the running statistics of the final weights are "
                      "measured; 0 = keep those of the training",
                      {.min = 0});
      },
      "running statistics measured anew after the training");
  f.flag("tensorboard", tensorboard,
         "write the metrics for TensorBoard, too: events.out.tfevents.* in the run folder");
  f.flag("histograms", histograms,
         "with `tensorboard`, histograms of all parameters and their gradients at every "
         "evaluation");
  f.text("init_from", init_from,
         "a safetensors file to take the initial weights from; empty = none");
  f.rule(batch % accumulate == 0, "accumulate", "a divisor of `batch`");
  f.rule(!histograms || tensorboard, "histograms", "false where `tensorboard` is false");
  f.rule(!patience || eval_every > 0, "eval_every",
         "above 0, because `patience` counts evaluations");
}

Recompute TrainOptions::recomputed() const {
  if (recompute == "none") return Recompute::kNone;
  return recompute == "norms" ? Recompute::kNorms : Recompute::kNormsAndActivations;
}

void ProbeOptions::describe(Fields& f) {
  f.choice("preset", preset, {"off", "light", "full"},
           "which gauges are read; probe --list says what they are");
  f.maybe_integer("every", every, "steps between probes; null = the preset's period", {.min = 1});
  f.json("gauges", gauges, "names of gauges to be read besides");
  f.integer("batches", batches, "batches of an optimizer step that a probe looks at", {.min = 1});
  const bool names = gauges.is_array() &&
                     std::ranges::all_of(gauges, [](const Json& name) { return name.is_string(); });
  f.rule(names, "gauges", "a list of names of gauges (probe --list)");
}

void RunConfig::describe(Fields& f) {
  f.spec("model", model, model_registry(), "the network", {.required = true});
  f.spec("data", data, data_registry(), "what it learns from", {.required = true});
  f.spec("loss", loss, loss_registry(), "what it minimizes");
  f.spec("optim", optim, optimizer_registry(), "the optimizer");
  f.spec("schedule", schedule, schedule_registry(), "the learning rate over time");
  f.spec("clip", clip, clip_registry(), "clipping of gradients; null = none");
  f.object(
      "train", [&](Fields& inner) { train.describe(inner); }, "length, batch and bookkeeping");
  f.object(
      "probe", [&](Fields& inner) { probe.describe(inner); },
      "what is measured of every module while the training goes on");
}

RunConfig read_run_config(Json config, const std::string& source,
                          std::span<const std::string> overrides, Json* resolved) {
  apply_overrides(config, overrides);
  RunConfig read;
  Json complete = read_config(config, source, [&](Fields& f) { read.describe(f); });
  if (resolved) *resolved = std::move(complete);
  return read;
}

Json run_config_schema() {
  return json_schema("Norma training config", [](Fields& f) {
    RunConfig defaults;
    defaults.describe(f);
  });
}

}  // namespace norma
