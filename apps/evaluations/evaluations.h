#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/evaluations/attacks.h"
#include "apps/trainer/training.h"
#include "core/config/fields.h"

namespace norma {

// What a trained model is examined by besides its loss; the "evaluate" object of a study. Without
// options only the clean figures are taken.
struct EvaluationOptions {
  std::string split = "test";
  std::optional<int64_t> samples;
  bool calibration = false;
  // Shifts of images, a list of severities each: see corruptions.h.
  std::vector<double> noise, blur, contrast, rotation;
  std::vector<int64_t> occlusion;
  std::vector<double> label_noise;
  Spec corpus{};
  std::vector<double> fgsm;
  PgdOptions pgd;
  bool batch_of_one = false, batch_statistics = false, drift = false, poison_rate = false;

  void describe(Fields& f);
  Split split_to_look_at() const;
};

using Figures = std::vector<std::pair<std::string, double>>;

// Figures by name, in the order of the options: "clean/loss" and "clean/accuracy" first (accuracy
// where the loss classifies), then those of every condition on the same samples.
//   clean, noise_0.1, blur_2, contrast_0.5, rotation_15, occlusion_8, label_noise_0.2, corpus:
//       /loss, /accuracy; with `calibration` /ece, /brier and /nll (calibration.h); with `drift`
//       /drift_mean and /drift_log_std against the train split (drift.h; labels do not drift)
//   fgsm_0.03, pgd_0.03: /loss, /accuracy: means over images of the worst that the attack found
//   batch_of_one, batch_statistics: /loss, /accuracy
//   poison: /rate, the share of samples of other classes predicted as the poisoned one;
//       /true_accuracy and /poisoned_accuracy on the poisoned training samples, against the labels
//       that they had and those that they got (not there where none was poisoned)
// Deterministic: follows from the training's seed and config. Leaves weights, buffers, random
// numbers and step as they were, bit for bit. An Error where the options do not fit the data.
Figures examine(Training& training, const EvaluationOptions& options);

// The Error that `examine` would throw for the data of this training, before it is spent.
void check_evaluation(const Training& training, const EvaluationOptions& options);

}  // namespace norma
