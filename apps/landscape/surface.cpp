#include "apps/landscape/surface.h"

#include <cmath>

namespace norma {

double length(std::span<const double> direction) {
  double squares = 0;
  for (const double each : direction) squares += each * each;
  return std::sqrt(squares);
}

namespace {

// Runs body(values or gradients of a parameter, the place of its first number in a Direction).
template <class Body>
void for_each_param(ParamSet& params, Tensor Param::*part, Body&& body) {
  size_t begin = 0;
  for (const Param& param : params.params()) {
    const Tensor& tensor = param.*part;
    with_float_type(tensor.dtype(), [&]<class T>() {
      body(std::span<T>(tensor.data<T>(), static_cast<size_t>(tensor.numel())), begin);
    });
    begin += static_cast<size_t>(tensor.numel());
  }
}

// Weights that are shifted while this lives.
class Shifted {
 public:
  Shifted(ParamSet& params, const Tensor& start, std::span<const double> shift)
      : params_(params), start_(start), moved_(!shift.empty()) {
    if (!moved_) return;
    for_each_param(params_, &Param::value, [&]<class T>(std::span<T> values, size_t begin) {
      for (size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<T>(static_cast<double>(values[i]) + shift[begin + i]);
    });
    params_.touch();
  }
  ~Shifted() {
    if (!moved_) return;
    params_.values().copy_from(start_);
    params_.touch();
  }
  Shifted(const Shifted&) = delete;
  Shifted& operator=(const Shifted&) = delete;

 private:
  ParamSet& params_;
  const Tensor& start_;
  bool moved_;
};

}  // namespace

LossSurface::LossSurface(Training& training, const View& view)
    : training_(training),
      view_(view),
      dimensions_(training.params().numel()),
      start_(training.params().values().clone()) {}

double LossSurface::loss(std::span<const double> shift, TapeObserver* observer) {
  return look(shift, nullptr, observer).loss;
}

double LossSurface::gradient(std::span<const double> shift, Direction& gradient) {
  ++gradients_;
  return look(shift, &gradient, nullptr).loss;
}

double LossSurface::weights_length() const {
  double squares = 0;
  for_each_param(training_.params(), &Param::value, [&](auto values, size_t) {
    for (const auto each : values) squares += static_cast<double>(each) * static_cast<double>(each);
  });
  return std::sqrt(squares);
}

Rehearsed LossSurface::look(std::span<const double> shift, Direction* gradient,
                            TapeObserver* observer) {
  ParamSet& params = training_.params();
  const Shifted shifted(params, start_, shift);
  Rehearsal rehearsal{.micro_batches = view_.batches * training_.config().train.accumulate,
                      .training = view_.training,
                      .backward = gradient != nullptr,
                      .observer = observer};
  if (gradient)
    rehearsal.read = [&](double targets) {
      gradient->resize(static_cast<size_t>(dimensions_));
      for_each_param(params, &Param::grad, [&](auto grads, size_t begin) {
        for (size_t i = 0; i < grads.size(); ++i)
          (*gradient)[begin + i] = static_cast<double>(grads[i]) / targets;
      });
    };
  const Rehearsed seen = training_.rehearse(rehearsal);
  targets_ = seen.targets;
  return seen;
}

}  // namespace norma
