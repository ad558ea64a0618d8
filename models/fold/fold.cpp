#include "models/fold/fold.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "core/config/config.h"
#include "core/tensor_compare.h"
#include "models/fold/channel_map.h"
#include "models/fold/graph.h"

namespace norma {
namespace {

// A model built from its state, and the tape of one forward in eval.
class Built {
 public:
  Built(const TrainedModel& trained, const ModelInput& extents, DType dtype) : set_(dtype, 1) {
    model_ = make_model(Scope(set_), trained.spec, extents);
    set_.materialize();
    for (Param& param : set_.params())
      if (const auto found = trained.state.find(param.name); found != trained.state.end())
        param.value.copy_from(found->second);
    for (Buffer& buffer : set_.buffers())
      if (const auto found = trained.state.find(buffer.name); found != trained.state.end())
        buffer.value.copy_from(found->second);
    set_.touch();
  }

  Tensor output(const Tensor& input, const Tensor& mask) {
    Context ctx;
    ctx.tape = &tape_;
    ctx.dtype = set_.dtype();
    ctx.mask = mask;
    ctx.begin_forward(0);
    const Tensor x = input.dtype() == DType::kInt32 ? input : input.to(set_.dtype());
    return (*model_)(ctx, Var{x}).value.to(DType::kFloat64);
  }

  const Tape& tape() const { return tape_; }

  std::map<std::string, Tensor> state() const {
    std::map<std::string, Tensor> all;
    for (const Param& param : set_.params()) all[param.name] = param.value.clone();
    for (const Buffer& buffer : set_.buffers()) all[buffer.name] = buffer.value.clone();
    return all;
  }

 private:
  ParamSet set_;
  std::unique_ptr<Module> model_;
  Tape tape_;
};

std::set<std::string> state_names(const Spec& spec, const ModelInput& extents) {
  ParamSet set(DType::kFloat32, 1);
  const auto model = make_model(Scope(set), spec, extents);
  std::set<std::string> names;
  for (const Param& param : set.params()) names.insert(param.name);
  for (const Buffer& buffer : set.buffers()) names.insert(buffer.name);
  return names;
}

// Calls change(object) for every norm chosen below `value`, the value of a "norm" option.
template <class Change>
void for_each_norm(Json& value, const Change& change) {
  if (value.is_object() && value.contains("type") && value["type"].is_string() &&
      norm_registry().find(value["type"].get<std::string>())) {
    change(value);
    return;
  }
  if (value.is_structured())
    for (Json& part : value) for_each_norm(part, change);
}

Spec with_norms_changed(const Spec& spec, FunctionRef<void(Json&)> change) {
  Json options = *spec.options;
  if (options.contains("norm")) for_each_norm(options["norm"], change);
  return make_spec(options, model_registry(), spec.type);
}

// One step: the model before, what is done to it, and what is reported.
class Folding {
 public:
  Folding(const ModelInput& extents, const Tensor& input, const Tensor& mask, DType precision)
      : extents_(extents), input_(input), mask_(mask), precision_(precision) {}

  // Re-parametrized weights.
  void bake(Folded& folded) const {
    Forward run(*this, folded.model);
    FoldStep step{.what = "re-parametrized weights made plain"};
    std::map<std::string, Tensor> state = run.built.state();
    for (const FoldNode& node : run.graph.nodes())
      if (node.map && !node.map->weight.learned) {
        state[node.path() + ".weight"] = node.map->weight.tensor().clone();
        ++step.modules;
      }
    if (step.modules > 0)
      finish(folded, kept_by(without_reparam(folded.model.spec), state), std::move(step));
  }

  // Norms that are one map of each channel in eval, into the maps that they read.
  void backward(Folded& folded) const {
    Forward run(*this, folded.model);
    FoldStep step{.what = "norms with running statistics put into the maps in front of them"};
    std::map<std::string, Tensor> offsets;
    for (const FoldNode* node : run.graph.norms())
      if (node->norm_op->norm->running_mean())
        count(step, *node, fold_backward(run.graph, *node, offsets));
    if (step.modules == 0 && step.left.empty()) return;
    // The choice of norm is the whole model's: all of them go, or none.
    if (!step.left.empty()) {
      step.modules = 0;
      folded.steps.push_back(std::move(step));
      return;
    }
    std::map<std::string, Tensor> state = run.built.state();
    for (const auto& [name, offset] : offsets) state[name] = offset;
    const Spec spec =
        with_norms_changed(folded.model.spec, [](Json& norm) { norm = *offset_alone().options; });
    finish(folded, kept_by(spec, state), std::move(step));
  }

  // Gains and offsets into the maps that read them.
  void forward(Folded& folded) const {
    Forward run(*this, folded.model);
    FoldStep step{.what = "gains of norms put into the linear maps behind them"};
    bool offsets_moved = true;
    for (const FoldNode* node : run.graph.norms())
      if (has_gain(*node->norm_op->norm))
        count(step, *node, fold_forward(run.graph, *node, offsets_moved));
    if (step.modules == 0 && step.left.empty()) return;
    TrainedModel changed{folded.model.spec, run.built.state()};
    if (step.left.empty()) drop_endings(changed, offsets_moved);
    finish(folded, std::move(changed), std::move(step));
  }

 private:
  // A model in float64 and what its forward did.
  struct Forward {
    Forward(const Folding& folding, const TrainedModel& model)
        : built(model, folding.extents_, DType::kFloat64),
          graph((built.output(folding.input_, folding.mask_), built.tape())) {}
    Built built;
    FoldGraph graph;
  };

  // Counts a node as folded, or names it with the reason why not.
  static void count(FoldStep& step, const FoldNode& node, const std::string& reason) {
    if (reason.empty())
      ++step.modules;
    else
      step.left.push_back(node.path() + ": " + reason);
  }

  // The model of that spec, with what it needs of the state.
  TrainedModel kept_by(const Spec& spec, const std::map<std::string, Tensor>& state) const {
    TrainedModel model{spec, {}};
    for (const std::string& name : state_names(spec, extents_)) model.state[name] = state.at(name);
    return model;
  }

  static Spec without_reparam(const Spec& spec) {
    Json options = *spec.options;
    const auto clear = [](Json& value, const auto& self) -> void {
      if (value.is_object() && value.contains("reparam")) value["reparam"] = nullptr;
      if (value.is_structured())
        for (Json& part : value) self(part, self);
    };
    clear(options, clear);
    return make_spec(options, model_registry(), spec.type);
  }

  // Empty when it was done, else why not.
  static std::string fold_forward(const FoldGraph& graph, const FoldNode& node,
                                  bool& offsets_moved) {
    if (!node.norm_op->ends_op()) return "something is done to its output in the same pass";
    Norm& norm = *node.norm_op->norm;
    const std::vector<const FoldNode*> readers = graph.readers_of(node.recorded.outputs.back());
    if (readers.empty()) return "nothing reads it";
    bool takes_offset = true;
    for (const FoldNode* reader : readers) {
      if (!reader->map)
        return std::string("its output also goes to ") + reader->recorded.op->name();
      if (!owns_weight(*reader->map)) return "the weight behind it is shared";
      if (!reader->map->mixes_all) return "the map behind it has groups";
      takes_offset = takes_offset && reader->map->bias && !reader->map->pads;
    }
    const std::optional<ChannelMap> ending = ending_map(norm);
    if (!ending) return "its learned part is no gain and offset";
    // An offset that stays is kept in units of the gain that leaves.
    for (size_t c = 0; c < ending->gain.size(); ++c)
      if (!takes_offset && ending->gain[c] == 0 && ending->offset[c] != 0)
        return "a gain of 0 has an offset that cannot leave with it";
    for (const FoldNode* reader : readers) scale_inputs(*reader->map, *ending, takes_offset);
    set_neutral(norm);
    if (takes_offset) return "";
    for (Param* param : ending_of(norm)) {
      if (param->kind != ParamKind::kBias) continue;
      offsets_moved = false;
      for (size_t c = 0; c < ending->gain.size(); ++c)
        if (ending->gain[c] != 0)
          param->value.data<double>()[c] = ending->offset[c] / ending->gain[c];
    }
    return "";
  }

  static std::string fold_backward(const FoldGraph& graph, const FoldNode& node,
                                   std::map<std::string, Tensor>& offsets) {
    Norm& norm = *node.norm_op->norm;
    const std::optional<ChannelMap> whole = whole_map(norm);
    if (!whole) return "it is not the same map at every position";
    const int32_t input = node.recorded.inputs.front();
    const FoldNode* const writer = graph.writer_of(input);
    if (!writer || !writer->map) return "no linear map is in front of it";
    if (!owns_weight(*writer->map)) return "the weight in front of it is shared";
    if (graph.readers_of(input).size() > 1) return "its input is also read elsewhere";
    scale_outputs(*writer->map, *whole);
    offsets[node.path() + ".bias"] =
        Tensor::from(whole->offset, {norm.channels()}, DType::kFloat64);
    return "";
  }

  // Parameters that do nothing any more leave the model, where its config can say so.
  void drop_endings(TrainedModel& model, bool offsets_too) const {
    const auto switched_off = [&](Json& norm) {
      if (norm.contains("weight")) norm["weight"] = false;
      if (offsets_too && norm.contains("bias")) norm["bias"] = false;
      if (offsets_too && norm.contains("affine")) norm["affine"] = false;
    };
    const Spec spec = with_norms_changed(model.spec, switched_off);
    std::map<std::string, Tensor> state;
    for (const std::string& name : state_names(spec, extents_)) {
      const auto found = model.state.find(name);
      if (found == model.state.end()) return;
      state.insert(*found);
    }
    model = {spec, std::move(state)};
  }

  Tensor output_of(const TrainedModel& model) const {
    return Built(model, extents_, precision_).output(input_, mask_);
  }

  void finish(Folded& folded, TrainedModel changed, FoldStep step) const {
    step.deviation = relative_difference(output_of(folded.model), output_of(changed));
    folded.model = std::move(changed);
    folded.steps.push_back(std::move(step));
  }

  ModelInput extents_;
  Tensor input_, mask_;
  DType precision_;
};

}  // namespace

Folded fold(const TrainedModel& trained, const ModelInput& extents, const Tensor& input,
            const Tensor& mask, DType precision) {
  Folded folded{.model = trained, .steps = {}};
  const Folding folding(extents, input, mask, precision);
  folding.bake(folded);
  folding.backward(folded);
  folding.forward(folded);
  return folded;
}

}  // namespace norma
