#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/comm.h"
#include "core/rng.h"
#include "core/tape.h"

namespace norma {

struct Inference;
class PopulationStatistics;

// Values that follow from the input but take no gradient, in the order in which a forward made
// them. A gradient check records those of one forward and holds them fixed in others, whose
// differences are then what the backward computes.
struct HeldValues {
  bool replay = false;
  std::vector<Tensor> values;
  size_t next = 0;
};

// A term that a layer adds to what a training minimizes, coefficient·mean. The mean (1) is one over
// the micro-batch, so the training weighs it by the targets that its loss counts there.
struct LossTerm {
  const char* name;
  Var mean;
  double coefficient;
};

// A number to be watched beside the loss: sum/weight over all that is added under a name, or the
// sum alone where the weight is 0 (a count).
struct Figure {
  const char* name;
  double sum = 0, weight = 0;
  double value() const { return weight > 0 ? sum / weight : sum; }
};

// Which operations offer to be computed again in the backward, so that nobody keeps their outputs
// (see Remakes).
enum class Recompute : uint8_t { kNone, kNorms, kNormsAndActivations };

// Everything a forward needs besides its input: the tape, train or eval, where in the model it is,
// random numbers, and the side inputs that many layers read.
class Context {
 public:
  Tape* tape = nullptr;   // none in inference
  bool training = false;  // dropout, batch statistics
  DType dtype = DType::kFloat32;
  Operands operands = Operands::kAsTheyAre;  // of matrix products
  Recompute recompute = Recompute::kNone;

  // The caller's word that the sum of this forward's loss is the next thing to be differentiated,
  // with a gradient of 1: so a loss may form gradients while it has its values at hand, and add
  // those of parameters at once.
  bool loss_gradient_is_one = false;

  uint64_t seed = 0;
  int64_t step = 0;          // optimizer steps done
  int64_t first_sample = 0;  // global number of the batch's first sample

  // Side inputs of the whole batch.
  Tensor mask;         // valid positions, uint8 (B,T) or (B,H,W); undefined = all valid
  Var cond;            // conditioning vector (B,D), or features of the input's rank (a style)
  Var segmentation;    // map of labels (B,H,W,S)
  Tensor target;       // what a loss compares with: classes or tokens (int32), or values
  Var memory;          // what cross-attention reads: an encoder's output (B,S,C)
  Tensor memory_mask;  // its valid positions, uint8 (B,S); undefined = all valid
  Var position_bias;   // what self-attention adds to its logits: see dot_product_attention
  Comm* comm = &single_process();  // the processes that share the training
  HeldValues* held = nullptr;      // of a gradient check; none otherwise
  // Running statistics being re-estimated: batch statistics are taken although nothing trains.
  PopulationStatistics* population = nullptr;
  Inference* inference = nullptr;  // caches of a generation token by token; none otherwise

  // Marks the start of a forward over one micro-batch: the tape is emptied, call numbers start
  // anew.
  void begin_forward(int64_t first_sample_of_batch);

  // The random numbers of this call of the current module: they depend on (seed, step, module path,
  // call number, global sample, element) and nothing else.
  RandomStream random();

  // Runs `change` unless this forward is the replay of an earlier one. Whatever a forward alters
  // besides its output (running statistics, counters) goes through here.
  template <class Change>
  void commit(Change&& change) {
    if (!replaying) std::forward<Change>(change)();
  }
  bool replaying = false;

  // The recorded value where a gradient check holds it, else nothing.
  Tensor held_value() const {
    return held && held->replay ? held->values.at(held->next++) : Tensor();
  }
  void record_held(const Tensor& value) {
    if (held && !held->replay) held->values.push_back(value.clone());
  }

  // Adds a term to the training loss; its mean is a figure too. Names outlive the context.
  void add_loss(const char* name, Var mean, double coefficient);
  // Adds to a figure of this forward; see Figure.
  void measure(const char* name, double sum, double weight = 0);
  // What this forward added so far.
  std::span<const LossTerm> loss_terms() const { return loss_terms_; }
  std::span<const Figure> figures() const { return figures_; }
  bool is_loss_term(std::string_view figure) const;

  // Puts an operation on the tape at the current module; nullptr when no gradient is wanted.
  template <class O>
  O* record(std::initializer_list<const Var*> inputs, std::initializer_list<Param*> params,
            std::initializer_list<Var*> outputs) {
    return record<O>(span_of(inputs), span_of(params), span_of(outputs));
  }
  // The same for as many inputs and outputs as a forward needs.
  template <class O>
  O* record(std::span<const Var* const> inputs, std::span<Param* const> params,
            std::span<Var* const> outputs) {
    O* op = tape ? tape->record<O>(*path_, inputs, params, outputs) : nullptr;
    if (observer) observe_outputs(O::kName, outputs);
    return op;
  }

  TapeObserver* observer = nullptr;
  // Shows an observable of the current module to an observer that asks for such; `make` computes
  // its values, and is not called where nobody does.
  template <class Make>
  void show(const char* name, Make&& make) const {
    if (observer && observer->asks_observables()) observer->on_observable(*path_, name, make());
  }
  const std::string& path() const { return *path_; }

  // Floating-point operations of the forward (a multiply-add counts two), reported by layers that
  // do products; summed for `--dry-run` and shares of the roof.
  void count_flops(double flops) { flops_ += flops; }
  double flops() const { return flops_; }

 private:
  template <class T>
  static std::span<const T> span_of(std::initializer_list<T> list) {
    return {list.begin(), list.size()};
  }
  friend class PathScope;
  void observe_outputs(const char* op, std::span<Var* const> outputs);
  static const std::string kRoot;
  const std::string* path_ = &kRoot;
  std::unordered_map<const std::string*, uint32_t> calls_;
  double flops_ = 0;
  std::vector<LossTerm> loss_terms_;
  std::vector<Figure> figures_;
};

// Adds `figure` to the one of the same name in `all`, or puts it there.
void add_figure(std::vector<Figure>& all, const Figure& figure);

// A field of the context holds another value while this lives.
template <class T>
class Scoped {
 public:
  Scoped(T& field, T value) : field_(field), outer_(std::exchange(field, std::move(value))) {}
  ~Scoped() { field_ = std::move(outer_); }
  Scoped(const Scoped&) = delete;
  Scoped& operator=(const Scoped&) = delete;

 private:
  T& field_;
  T outer_;
};

// Sets the current module path while a module's forward runs.
class PathScope {
 public:
  PathScope(Context& ctx, const std::string& path) : ctx_(ctx), outer_(ctx.path_) {
    ctx.path_ = &path;
  }
  ~PathScope() { ctx_.path_ = outer_; }
  PathScope(const PathScope&) = delete;
  PathScope& operator=(const PathScope&) = delete;

 private:
  Context& ctx_;
  const std::string* outer_;
};

}  // namespace norma
