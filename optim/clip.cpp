#include "optim/clip.h"

#include <algorithm>
#include <cmath>

#include "core/parallel.h"

namespace norma {

Registry<MakeClip>& clip_registry() {
  static Registry<MakeClip> registry("clip");
  return registry;
}

std::unique_ptr<Clip> make_clip(const Spec& spec) { return clip_registry().at(spec.type)(spec); }

namespace {

// Σx² of a stretch: lanes of T over short pieces, the pieces in double.
template <class T>
double sum_of_squares(const T* x, int64_t count) {
  constexpr int64_t kPiece = 256;
  double total = 0;
  for (int64_t begin = 0; begin < count; begin += kPiece) {
    const int64_t end = std::min(count, begin + kPiece);
    double piece = 0;
#pragma omp simd reduction(+ : piece)
    for (int64_t i = begin; i < end; ++i) {
      const double value = static_cast<double>(x[i]);
      piece += value * value;
    }
    total += piece;
  }
  return total;
}

}  // namespace

double grad_norm(const ParamSet& params, double scale) {
  constexpr int64_t kMostChunks = 32;
  double sums[kMostChunks] = {};
  const Tensor& grads = params.grads();
  const Chunks cut = chunks_of(grads.numel(), 1, kMostChunks);
  with_float_type(grads.dtype(), [&]<class T>() {
    const T* const g = grads.data<T>();
    parallel_chunks(cut.number, [&](int64_t chunk) {
      sums[chunk] = sum_of_squares(g + cut.begin(chunk), cut.end(chunk) - cut.begin(chunk));
    });
  });
  double total = 0;
  for (int64_t chunk = 0; chunk < cut.number; ++chunk) total += sums[chunk];
  return std::sqrt(total) * std::abs(scale);
}

namespace {

template <class C>
struct RegisterClip {
  RegisterClip(const char* type, const char* summary, const char* source) {
    clip_registry().add({type, summary, source, describe_options<typename C::Options>()},
                        [](const Spec& spec) -> std::unique_ptr<Clip> {
                          return std::make_unique<C>(options_of<typename C::Options>(spec));
                        });
  }
};

// All gradients × min(1, max/(norm + 1e-6)), as torch.nn.utils.clip_grad_norm_.
class ByNorm final : public Clip {
 public:
  struct Options {
    double max = 1;
    void describe(Fields& f) { f.number("max", max, "largest global norm", {.above = 0}); }
  };
  explicit ByNorm(const Options& options) : max_(options.max) {}
  Clipped apply(ParamSet&, double, double norm) const override {
    return {.factor = std::min(1.0, max_ / (norm + 1e-6))};
  }

 private:
  double max_;
};

// Every element held within ±max.
class ByValue final : public Clip {
 public:
  struct Options {
    double max = 1;
    void describe(Fields& f) {
      f.number("max", max, "largest magnitude of an element", {.above = 0});
    }
  };
  explicit ByValue(const Options& options) : max_(options.max) {}
  Clipped apply(ParamSet& params, double scale, double) const override {
    const Tensor& grads = params.grads();
    with_float_type(grads.dtype(), [&]<class T>() {
      T* const g = grads.data<T>();
      const T bound = static_cast<T>(max_ / scale);
      parallel_ranges(grads.numel(), 1, [=](int64_t begin, int64_t end) {
#pragma omp simd
        for (int64_t i = begin; i < end; ++i)
          g[i] = g[i] > bound ? bound : g[i] < -bound ? -bound : g[i];
      });
    });
    return {};
  }

 private:
  double max_;
};

// Adaptive gradient clipping (Brock, De, Smith, Simonyan 2021, arXiv:2102.06171): the gradient of
// every unit, a row of a weight or a whole vector, is held to λ times the norm of the unit itself.
class Adaptive final : public Clip {
 public:
  struct Options {
    double lambda = 0.01, eps = 1e-3;
    bool final_layer = false;
    void describe(Fields& f) {
      f.number("lambda", lambda, "largest gradient norm as a share of the weight norm",
               {.above = 0});
      f.number("eps", eps, "the least weight norm counted with", {.above = 0});
      f.flag("final_layer", final_layer,
             "also clip the layer that makes the outputs, which its authors leave alone");
    }
  };
  explicit Adaptive(const Options& options) : options_(options) {}

  Clipped apply(ParamSet& params, double scale, double) const override {
    Clipped result;
    for (Param& param : params.params()) {
      if (param.output_layer && !options_.final_layer) continue;
      const int64_t units = is_matrix(param) ? param.shape[0] : 1;
      result.units += units;
      result.units_clipped += clip(param, units, scale);
    }
    return result;
  }

  std::optional<double> clipped_share(const Param& param, double scale) const override {
    if (param.output_layer && !options_.final_layer) return std::nullopt;
    const int64_t units = is_matrix(param) ? param.shape[0] : 1, size = param.numel() / units;
    int64_t clipped = 0;
    with_float_type(param.value.dtype(), [&]<class T>() {
      for (int64_t unit = 0; unit < units; ++unit)
        clipped += factor_of(param.value.data<T>() + unit * size,
                             param.grad.data<T>() + unit * size, size, scale) < 1;
    });
    return static_cast<double>(clipped) / static_cast<double>(units);
  }

  std::string warning(const ParamSet& params) const override {
    if (!options_.final_layer) return "";
    for (const Param& param : params.params())
      if (param.output_layer)
        return "clip.final_layer also clips " + param.name +
               ", the layer that makes the outputs: training is known to suffer from it (Brock et "
               "al. 2021, arXiv:2102.06171)";
    return "";
  }

 private:
  static bool is_matrix(const Param& param) {
    return param.kind == ParamKind::kWeight || param.kind == ParamKind::kEmbedding;
  }

  int64_t clip(Param& param, int64_t units, double scale) const {
    constexpr int64_t kMostChunks = 32;
    int64_t clipped[kMostChunks] = {};
    const int64_t size = param.numel() / units;
    const Chunks cut = chunks_of(units, 2 * size, kMostChunks);
    with_float_type(param.value.dtype(), [&]<class T>() {
      parallel_chunks(cut.number, [&](int64_t chunk) {
        for (int64_t unit = cut.begin(chunk); unit < cut.end(chunk); ++unit)
          clipped[chunk] += clip_unit(param.value.data<T>() + unit * size,
                                      param.grad.data<T>() + unit * size, size, scale);
      });
    });
    int64_t all = 0;
    for (int64_t chunk = 0; chunk < cut.number; ++chunk) all += clipped[chunk];
    return all;
  }

  // What the gradient of a unit is multiplied by.
  template <class T>
  double factor_of(const T* weight, const T* grad, int64_t size, double scale) const {
    const double largest =
        options_.lambda * std::max(std::sqrt(sum_of_squares(weight, size)), options_.eps);
    const double norm = std::sqrt(sum_of_squares(grad, size)) * scale;
    return norm > largest ? largest / norm : 1;
  }

  template <class T>
  bool clip_unit(const T* weight, T* grad, int64_t size, double scale) const {
    const double exact = factor_of(weight, grad, size, scale);
    if (!(exact < 1)) return false;
    const T factor = static_cast<T>(exact);
#pragma omp simd
    for (int64_t i = 0; i < size; ++i) grad[i] *= factor;
    return true;
  }

  Options options_;
};

const RegisterClip<ByNorm> norm("norm", "global norm held to a maximum",
                                "Pascanu et al. 2012, arXiv:1211.5063");
const RegisterClip<ByValue> value("value", "every element held to a maximum", "");
const RegisterClip<Adaptive> agc("agc", "each unit's gradient held to a share of its weight's norm",
                                 "Brock et al. 2021, arXiv:2102.06171");

}  // namespace
}  // namespace norma
