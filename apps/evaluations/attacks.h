#pragma once

#include <optional>
#include <vector>

#include "apps/evaluations/examination.h"
#include "apps/evaluations/pixels.h"
#include "core/config/fields.h"

namespace norma {

// Projected gradient ascent on the cross-entropy (Madry et al. 2018, arXiv:1706.06083).
struct PgdOptions {
  std::vector<double> eps = {};  // largest change of a pixel of range 1
  int64_t steps = 10;
  std::optional<double> step_size = {};  // null: 2.5·eps/steps
  void describe(Fields& f);
};

// What an attack made of the images of a batch, each by itself: of all points that it tried …
struct Attacked {
  std::vector<double> loss;     // the largest cross-entropy; NaN once it was
  std::vector<uint8_t> fooled;  // whether any was misclassified
  std::vector<double> pixels;   // (B,H,W,C): the point of that loss
};

// Both attacks change pixels of range [0, 1] by at most `eps` each and stay in that range, and
// follow the gradient of the model as evaluation has it: running statistics are given numbers.
// Where a norm takes statistics of the batch even so, an image's loss depends on the others beside
// it.
//
// One step along the sign of the gradient (Goodfellow, Shlens and Szegedy 2015, arXiv:1412.6572).
Attacked fgsm(Examination& model, const PixelSpace& space, const Batch& batch, int64_t first_sample,
              double eps);
// Tries the images as they are, the point of `fgsm`, a random start, which follows from the seed
// and the sample's number, and the steps from there: so it is at least as strong as `fgsm` on each
// image, by loss and by class.
Attacked pgd(Examination& model, const PixelSpace& space, const Batch& batch, int64_t first_sample,
             double eps, const PgdOptions& options);

// The target's accuracy on images that `pgd` made on the surrogate, at the points of largest loss
// there, over the first `samples` images of a split of the target's data. A guard against masked
// gradients (Athalye, Carlini and Wagner 2018, arXiv:1802.00420, section 3.1): a target that errs
// more often on borrowed images than under `pgd` of its own was not robust to that, only hard to
// differentiate. An Error where the two take images of different extents or have other classes.
double transfer_accuracy(Training& surrogate, Training& target, double eps,
                         const PgdOptions& options, Split split,
                         std::optional<int64_t> samples = {});

}  // namespace norma
