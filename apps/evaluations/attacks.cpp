#include "apps/evaluations/attacks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "apps/evaluations/pass.h"

namespace norma {

void PgdOptions::describe(Fields& f) {
  f.numbers("eps", eps, "largest changes of a pixel of range 1; none: no such attack", 0,
            {.max = 1, .above = 0});
  f.integer("steps", steps, "of gradient ascent", {.min = 1});
  f.maybe_number("step_size", step_size, "change of a pixel in a step; null: 2.5 eps/steps",
                 {.above = 0});
}

namespace {

// The images of a batch on their way to the worst within reach.
class Siege {
 public:
  Siege(Examination& model, const PixelSpace& space, const Batch& batch, int64_t first_sample,
        double eps)
      : model_(model),
        space_(space),
        first_(first_sample),
        eps_(eps),
        clean_(space.pixels_of(batch.input)),
        tried_(batch) {
    const auto samples = static_cast<size_t>(batch.samples);
    image_ = clean_.size() / samples;
    found_.loss.assign(samples, -std::numeric_limits<double>::infinity());
    found_.fooled.assign(samples, 0);
    found_.pixels = clean_;
    tried_.input = Tensor::empty(batch.input.shape(), batch.input.dtype());
  }

  const std::vector<double>& clean() const { return clean_; }
  double eps() const { return eps_; }
  Attacked result() && { return std::move(found_); }

  // Where the model goes wrong from this point on: the sign of its gradient. `counts`: whether the
  // point is one of the attack's.
  std::vector<double> ascent(const std::vector<double>& pixels, bool counts) {
    space_.write(pixels, tried_.input);
    std::vector<RowScore> rows;
    const Tensor gradient = model_.input_gradient(tried_, first_, rows);
    if (counts) keep(pixels, rows);
    // A pixel's own gradient is this one over the channel's scale, which is above 0.
    std::vector<double> sign = gradient ? gradient.to_vector() : std::vector<double>(pixels.size());
    for (double& g : sign) g = (g > 0) - (g < 0);
    return sign;
  }

  void attempt(const std::vector<double>& pixels) {
    space_.write(pixels, tried_.input);
    keep(pixels, model_.rows(tried_, first_));
  }

  // pixels + step·direction, back within reach of the clean image and into [0, 1].
  std::vector<double> moved(const std::vector<double>& pixels, double step,
                            const std::vector<double>& direction) const {
    std::vector<double> to(pixels.size());
    for (size_t i = 0; i < to.size(); ++i)
      to[i] = std::clamp(pixels[i] + step * direction[i], std::max(clean_[i] - eps_, 0.0),
                         std::min(clean_[i] + eps_, 1.0));
    return to;
  }

 private:
  void keep(const std::vector<double>& pixels, const std::vector<RowScore>& rows) {
    for (size_t i = 0; i < rows.size(); ++i) {
      if (!rows[i].correct) found_.fooled[i] = 1;
      if (!(rows[i].nll > found_.loss[i] || std::isnan(rows[i].nll))) continue;
      found_.loss[i] = rows[i].nll;
      const auto from = pixels.begin() + static_cast<std::ptrdiff_t>(i * image_);
      std::copy_n(from, image_, found_.pixels.begin() + static_cast<std::ptrdiff_t>(i * image_));
    }
  }

  Examination& model_;
  const PixelSpace& space_;
  int64_t first_;
  double eps_;
  std::vector<double> clean_;
  Batch tried_;  // the batch with other images
  size_t image_ = 0;
  Attacked found_;
};

// Even in [-1, 1], the same whatever the batch.
std::vector<double> random_direction(const Batch& batch, uint64_t seed, int64_t first_sample) {
  const RandomStream stream(seed, stable_hash("evaluations.pgd"));
  std::vector<double> direction;
  for (int64_t i = 0; i < batch.samples; ++i) {
    RandomSequence random(stream, static_cast<uint32_t>(first_sample + i));
    for (int64_t p = 0; p < batch.input.numel() / batch.samples; ++p)
      direction.push_back(2 * random.uniform() - 1);
  }
  return direction;
}

}  // namespace

Attacked fgsm(Examination& model, const PixelSpace& space, const Batch& batch, int64_t first_sample,
              double eps) {
  Siege siege(model, space, batch, first_sample, eps);
  siege.attempt(siege.moved(siege.clean(), eps, siege.ascent(siege.clean(), false)));
  return std::move(siege).result();
}

Attacked pgd(Examination& model, const PixelSpace& space, const Batch& batch, int64_t first_sample,
             double eps, const PgdOptions& options) {
  Siege siege(model, space, batch, first_sample, eps);
  siege.attempt(siege.moved(siege.clean(), eps, siege.ascent(siege.clean(), true)));
  const uint64_t seed = static_cast<uint64_t>(model.config().train.seed);
  const double step = options.step_size.value_or(2.5 * eps / static_cast<double>(options.steps));
  std::vector<double> pixels =
      siege.moved(siege.clean(), eps, random_direction(batch, seed, first_sample));
  for (int64_t i = 0; i < options.steps; ++i)
    pixels = siege.moved(pixels, step, siege.ascent(pixels, true));
  siege.attempt(pixels);
  return std::move(siege).result();
}

double transfer_accuracy(Training& surrogate, Training& target, double eps,
                         const PgdOptions& options, Split split, std::optional<int64_t> samples) {
  const std::string asker = "an attack by a surrogate";
  const ImageDataset& images = images_of(target.data(), asker);
  const ImageDataset& learned = images_of(surrogate.data(), asker);
  if (!(images.info().input_shape(1) == learned.info().input_shape(1)) ||
      images.info().classes != learned.info().classes)
    throw Error(
        "[evaluate] the surrogate was trained on images " + learned.info().input_shape(1).str() +
        " of " + std::to_string(learned.info().classes) + " classes, the target on " +
        images.info().input_shape(1).str() + " of " + std::to_string(images.info().classes));
  const PixelSpace here(images), there(learned);
  const Portion portion = portion_of(images, split, samples);
  double correct = 0;
  if (&surrogate == &target) throw Error("[evaluate] a surrogate is another training");
  Examination attacker(surrogate), attacked(target);
  for_each_batch(portion, attacked.micro_batch(), attacked.dtype(),
                 [&](Batch& batch, int64_t first) {
                   Batch borrowed = batch;
                   borrowed.input = Tensor::empty(batch.input.shape(), attacker.dtype());
                   there.write(here.pixels_of(batch.input), borrowed.input);
                   const Attacked worst = pgd(attacker, there, borrowed, first, eps, options);
                   here.write(worst.pixels, batch.input);
                   for (const RowScore& row : attacked.rows(batch, first)) correct += row.correct;
                 });
  return correct / static_cast<double>(portion.samples);
}

}  // namespace norma
