#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apps/trainer/training.h"

namespace norma {

// A vector over all trained numbers of a model, parameter after parameter in the order of its
// ParamSet. Double, whatever the training computes in.
using Direction = std::vector<double>;

double length(std::span<const double> direction);  // Euclidean

// How the loss is looked at.
struct View {
  bool training = true;  // batch statistics and dropout; else running statistics, as in evaluation
  int64_t batches = 1;   // of the optimizer steps to come
  const char* mode() const { return training ? "train" : "eval"; }
};

// The loss of a training as a function of all its weights θ, over fixed batches and with fixed
// random numbers. Whoever walks on it leaves the training bit for bit as it was: weights, running
// statistics, power iterations, random numbers and the optimizer's state. The loss is what the
// gradient belongs to, terms that layers add included; weight decay is no part of it. Where a model
// keeps weights on a surface after each update (unit_weight), walks leave that surface.
class LossSurface {
 public:
  explicit LossSurface(Training& training, const View& view = {});

  // The mean loss over the targets at θ + shift; an empty shift is none. An observer sees the
  // forward.
  double loss(std::span<const double> shift = {}, TapeObserver* observer = nullptr);
  // The same, and its gradient there.
  double gradient(std::span<const double> shift, Direction& gradient);

  int64_t dimensions() const { return dimensions_; }
  double weights_length() const;  // ‖θ‖
  Training& training() const { return training_; }
  const View& view() const { return view_; }
  double targets() const { return targets_; }  // that the mean is over; 0 before the first look
  int64_t gradients() const { return gradients_; }  // taken so far

 private:
  Rehearsed look(std::span<const double> shift, Direction* gradient, TapeObserver* observer);

  Training& training_;
  View view_;
  int64_t dimensions_;
  Tensor start_;  // all weights, as they were
  double targets_ = 0;
  int64_t gradients_ = 0;
};

}  // namespace norma
