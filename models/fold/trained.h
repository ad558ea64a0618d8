#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "models/model.h"

namespace norma {

// Parameters and buffers by name.
using State = std::map<std::string, Tensor>;

// A trained model: what it is and all of its state.
struct TrainedModel {
  Spec spec;
  State state;
};

// What a model is run on to see what it does: an input (B,…), and the context's side inputs.
struct FoldSample {
  Tensor input, mask, target;
};

// A model built from its state, to be run once in eval.
class Built {
 public:
  // Throws the Error that names what the state lacks, or holds in another shape.
  Built(const TrainedModel& trained, const ModelInput& extents, DType dtype);

  // float64; records the forward on the tape.
  Tensor output(const FoldSample& sample);
  const Tape& tape() const { return tape_; }
  State state() const;

 private:
  ParamSet set_;
  std::unique_ptr<Module> model_;
  Tape tape_;
};

// The names of all state of such a model.
std::set<std::string> state_names(const Spec& spec, const ModelInput& extents);

// The largest change from output a to b, in units of the largest of a, at the positions that the
// sample asks about: what stands at padding says nothing. NaN where an output is not finite.
double deviation(Tensor a, Tensor b, const FoldSample& sample, const ModelInput& extents);

}  // namespace norma
