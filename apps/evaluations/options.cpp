#include <algorithm>

#include "apps/evaluations/corpus.h"
#include "apps/evaluations/evaluations.h"
#include "apps/evaluations/pass.h"
#include "data/data_registry.h"

namespace norma {
namespace {

template <class T>
bool all_differ(std::vector<T> severities) {
  std::sort(severities.begin(), severities.end());
  return std::adjacent_find(severities.begin(), severities.end()) == severities.end();
}

}  // namespace

void EvaluationOptions::describe(Fields& f) {
  f.choice("split", split, {"test", "validation", "train"}, "what the model is examined on");
  f.maybe_integer("samples", samples, "the first so many of the split; null = all", {.min = 1});
  f.flag("calibration", calibration,
         "expected calibration error, Brier score and negative log-likelihood");
  f.numbers("noise", noise, "images: deviations of noise added to pixels of range 1", 0,
            {.min = 0});
  f.numbers("blur", blur, "images: deviations of a Gaussian blur, in pixels", 0,
            {.max = 64, .above = 0});
  f.numbers("contrast", contrast, "images: factors of the distance of pixels from their mean", 0,
            {.min = 0});
  f.numbers("rotation", rotation, "images: degrees, counter-clockwise", 0,
            {.min = -360, .max = 360});
  f.integers("occlusion", occlusion, "images: sides of a square of the mean colour, in pixels", 0,
             {.min = 1});
  f.numbers("label_noise", label_noise, "shares of samples whose label is replaced by another", 0,
            {.min = 0, .max = 1});
  f.spec("corpus", corpus, data_registry(),
         "other data of the same kind and extents, for the same split; text is read with the "
         "training's tokenizer, images are normalized as the training's; null = none");
  f.numbers("fgsm", fgsm,
            "images: sizes of a step along the sign of the gradient, pixels of range 1", 0,
            {.max = 1, .above = 0});
  f.object(
      "pgd", [&](Fields& inner) { pgd.describe(inner); },
      "images: projected gradient ascent, at least as strong as fgsm on every image");
  f.flag("batch_of_one", batch_of_one, "samples one by one");
  f.flag(
      "batch_statistics", batch_statistics,
      "norms with running statistics take those of the micro-batch, as in training but for ghost "
      "batches, which count as one");
  f.flag("drift", drift, "how far activations are from those on the train split");
  f.flag("poison_rate", poison_rate, "what the model made of the labels that data.poison replaced");

  const auto differ = [&](const char* name, const auto& severities) {
    f.rule(all_differ(severities), name, "every severity once");
  };
  differ("noise", noise), differ("blur", blur), differ("contrast", contrast);
  differ("rotation", rotation), differ("occlusion", occlusion), differ("fgsm", fgsm);
  differ("label_noise", label_noise), differ("pgd", pgd.eps);
}

Split EvaluationOptions::split_to_look_at() const {
  return *std::find_if(kSplits.begin(), kSplits.end(),
                       [&](Split known) { return split == name_of(known); });
}

namespace {

void check_images(const Dataset& data, const EvaluationOptions& options) {
  const auto images_for = [&](const char* name, bool asked) {
    if (asked) images_of(data, name);
  };
  images_for("noise", !options.noise.empty());
  images_for("blur", !options.blur.empty());
  images_for("contrast", !options.contrast.empty());
  images_for("rotation", !options.rotation.empty());
  images_for("occlusion", !options.occlusion.empty());
  images_for("fgsm", !options.fgsm.empty());
  images_for("pgd", !options.pgd.eps.empty());
  images_for("poison_rate", options.poison_rate);
  const DataInfo& info = data.info();
  for (const int64_t side : options.occlusion)
    if (side > std::min(info.height, info.width))
      throw Error("[evaluate] occlusion: a square of side " + std::to_string(side) +
                  " does not fit into images of " + std::to_string(info.height) + "x" +
                  std::to_string(info.width));
  if (options.poison_rate &&
      images_of(data, "poison_rate").options().poison.towards >= info.classes)
    throw Error("[evaluate] poison_rate: data.poison.towards is " +
                std::to_string(images_of(data, "poison_rate").options().poison.towards) +
                "; there are classes 0 to " + std::to_string(info.classes - 1));
}

void check_classes(const Dataset& data, const RunConfig& config, const EvaluationOptions& options) {
  const bool has_classes = data.info().classes > 1;
  if (!options.label_noise.empty() && !has_classes)
    throw Error("[evaluate] label_noise is for samples with one class each; the data has none");
  const bool reads_rows = options.calibration || !options.fgsm.empty() ||
                          !options.pgd.eps.empty() || options.poison_rate;
  if (reads_rows && !make_loss(config.loss)->classifies())
    throw Error("[evaluate] calibration, fgsm, pgd and poison_rate are for losses that classify; " +
                config.loss.type + " does not");
}

}  // namespace

void check_evaluation(const Training& training, const EvaluationOptions& options) {
  const Dataset& data = training.data();
  portion_of(data, options.split_to_look_at(), options.samples);
  check_images(data, options);
  check_classes(data, training.config(), options);
  if (options.corpus)
    portion_of(*load_corpus(training, options.corpus), options.split_to_look_at(), options.samples);
}

}  // namespace norma
