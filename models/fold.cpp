#include "models/fold.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "core/config/config.h"
#include "core/rng.h"
#include "layers/linear_map.h"
#include "layers/norms/norm.h"

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
  ParamSet& params() { return set_; }

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

double deviation(const Tensor& before, const Tensor& after) {
  double worst = 0, largest = 0;
  for (int64_t i = 0; i < before.numel(); ++i) {
    worst = std::max(worst, std::abs(before.data<double>()[i] - after.data<double>()[i]));
    largest = std::max(largest, std::abs(before.data<double>()[i]));
  }
  return largest > 0 ? worst / largest : worst;
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

// y = gain·x + offset, a channel at a time.
struct ChannelMap {
  std::vector<double> gain, offset;
};

// The map that takes x (rows,C) to y, where there is one.
std::optional<ChannelMap> channel_map(const Tensor& x, const Tensor& y) {
  const int64_t channels = x.shape().back(), rows = x.rows();
  ChannelMap map;
  for (int64_t c = 0; c < channels; ++c) {
    const auto at = [&](const Tensor& tensor, int64_t row) {
      return tensor.data<double>()[row * channels + c];
    };
    int64_t low = 0, high = 0;
    for (int64_t row = 1; row < rows; ++row) {
      if (at(x, row) < at(x, low)) low = row;
      if (at(x, row) > at(x, high)) high = row;
    }
    const double span = at(x, high) - at(x, low);
    const double gain = span > 0 ? (at(y, high) - at(y, low)) / span : 0;
    const double offset = at(y, low) - gain * at(x, low);
    for (int64_t row = 0; row < rows; ++row) {
      const double expected = gain * at(x, row) + offset;
      if (!(std::abs(at(y, row) - expected) <= 1e-9 * (1 + std::abs(expected)))) return {};
    }
    map.gain.push_back(gain);
    map.offset.push_back(offset);
  }
  return map;
}

// The norm in eval on some input of its own.
struct NormRun {
  explicit NormRun(int64_t channels) : x(Tensor::empty({3, 5, channels}, DType::kFloat64)) {
    RandomSequence random(RandomStream(1, 1));
    for (int64_t i = 0; i < x.numel(); ++i) x.data<double>()[i] = random.normal();
  }
  Tensor operator()(Norm& norm) const {
    Context ctx;
    ctx.dtype = DType::kFloat64;
    return norm(ctx, Var{x}).value;
  }
  Tensor x;
};

// The learned gain and offset of a norm: parameters with a value at which they do nothing.
bool has_gain(const Norm& norm) {
  return std::ranges::any_of(
      norm.params(), [](const Param* param) { return param && param->kind == ParamKind::kGain; });
}

std::vector<Param*> ending_of(const Norm& norm) {
  std::vector<Param*> ending;
  for (Param* param : norm.params())
    if (param && (param->kind == ParamKind::kGain || param->kind == ParamKind::kBias))
      ending.push_back(param);
  return ending;
}

void set_neutral(const Norm& norm) {
  for (Param* param : ending_of(norm)) param->value.fill(param->init.scale);
}

// What the trained gain and offset do to the norm's output without them; afterwards they do
// nothing.
std::optional<ChannelMap> take_ending(Norm& norm) {
  const NormRun run(norm.channels());
  std::vector<Tensor> kept;
  for (Param* param : ending_of(norm)) kept.push_back(param->value.clone());
  const Tensor y = run(norm);
  set_neutral(norm);
  std::optional<ChannelMap> map = channel_map(run(norm), y);
  if (!map)
    for (size_t i = 0; i < kept.size(); ++i) ending_of(norm)[i]->value.copy_from(kept[i]);
  return map;
}

// W[o,i…] · gain[i]; b[o] += Σ W[o,i…]·offset[i].
void scale_inputs(const LinearMap& map, const ChannelMap& channels, bool with_offset) {
  const Tensor& weight = map.weight.learned->value;
  const int64_t out = weight.shape()[0], in = weight.shape()[1], taps = weight.numel() / (out * in);
  double* w = weight.data<double>();
  for (int64_t o = 0; o < out; ++o)
    for (int64_t i = 0; i < in; ++i)
      for (int64_t t = 0; t < taps; ++t, ++w) {
        const auto channel = static_cast<size_t>(i);
        if (with_offset) map.bias->value.data<double>()[o] += *w * channels.offset[channel];
        *w *= channels.gain[channel];
      }
}

// gain[o]·(W[o,…] and b[o]).
void scale_outputs(const LinearMap& map, const ChannelMap& channels) {
  const Tensor& weight = map.weight.learned->value;
  const int64_t out = weight.shape()[0], each = weight.numel() / out;
  for (int64_t o = 0; o < out; ++o) {
    const double gain = channels.gain[static_cast<size_t>(o)];
    for (int64_t i = 0; i < each; ++i) weight.data<double>()[o * each + i] *= gain;
    if (map.bias) map.bias->value.data<double>()[o] *= gain;
  }
}

// An operation of the forward and the linear map that it is, if it is one.
struct Node {
  Tape::Recorded recorded;
  std::optional<LinearMap> map;
  Norm* norm = nullptr;
};

class Graph {
 public:
  explicit Graph(const Tape& tape) {
    for (const Tape::Recorded& recorded : tape.recorded()) {
      Node node{.recorded = recorded, .map = {}};
      if (const auto* linear = dynamic_cast<const LinearMapOp*>(recorded.op))
        node.map = linear->linear_map();
      if (const auto* norm = dynamic_cast<const NormOp*>(recorded.op)) node.norm = norm->norm;
      nodes_.push_back(std::move(node));
    }
  }
  const std::vector<Node>& nodes() const { return nodes_; }

  std::vector<const Node*> readers_of(int32_t slot) const {
    std::vector<const Node*> readers;
    for (const Node& node : nodes_)
      if (std::ranges::find(node.recorded.inputs, slot) != node.recorded.inputs.end())
        readers.push_back(&node);
    return readers;
  }
  const Node* writer_of(int32_t slot) const {
    for (const Node& node : nodes_)
      if (std::ranges::find(node.recorded.outputs, slot) != node.recorded.outputs.end())
        return &node;
    return nullptr;
  }
  // Norms that the forward runs once.
  std::vector<const Node*> norms() const {
    std::vector<const Node*> found;
    for (const Node& node : nodes_)
      if (node.norm) found.push_back(&node);
    return found;
  }

 private:
  std::vector<Node> nodes_;
};

// Whether the weight is this map's own, so that changing it changes nothing else.
bool owns_weight(const LinearMap& map) {
  return map.weight.learned && map.weight.learned->pending_uses == 1;
}

// One step: the model before, what is done to it, and what is reported.
class Folding {
 public:
  Folding(const ModelInput& extents, const Tensor& input, const Tensor& mask, DType precision)
      : extents_(extents), input_(input), mask_(mask), precision_(precision) {}

  // Re-parametrized weights.
  void bake(Folded& folded) const {
    Built built(folded.model, extents_, DType::kFloat64);
    built.output(input_, mask_);
    FoldStep step{.what = "re-parametrized weights made plain"};
    TrainedModel baked{without_reparam(folded.model.spec), {}};
    std::map<std::string, Tensor> state = built.state();
    const Graph graph(built.tape());
    for (const Node& node : graph.nodes())
      if (node.map && !node.map->weight.learned) {
        state[*node.recorded.path + ".weight"] = node.map->weight.tensor().clone();
        ++step.modules;
      }
    if (step.modules == 0) return;
    for (const std::string& name : state_names(baked.spec, extents_))
      baked.state[name] = state.at(name);
    finish(folded, std::move(baked), std::move(step));
  }

  // Gains and offsets into the maps that read them.
  void forward(Folded& folded) const {
    Built built(folded.model, extents_, DType::kFloat64);
    built.output(input_, mask_);
    const Graph graph(built.tape());
    FoldStep step{.what = "gains of norms put into the linear maps behind them"};
    bool offsets_moved = true;
    for (const Node* node : graph.norms()) {
      if (!has_gain(*node->norm)) continue;
      const std::string reason = fold_forward(graph, *node, offsets_moved);
      if (reason.empty())
        ++step.modules;
      else
        step.left.push_back(*node->recorded.path + ": " + reason);
    }
    if (step.modules == 0 && step.left.empty()) return;
    TrainedModel changed{folded.model.spec, built.state()};
    if (step.left.empty()) drop_endings(changed, offsets_moved);
    finish(folded, std::move(changed), std::move(step));
  }

  // Norms that are one map of each channel in eval, into the maps that they read.
  void backward(Folded& folded) const {
    Built built(folded.model, extents_, DType::kFloat64);
    built.output(input_, mask_);
    const Graph graph(built.tape());
    FoldStep step{.what = "norms with running statistics put into the maps in front of them"};
    std::map<std::string, Tensor> offsets;
    for (const Node* node : graph.norms()) {
      if (!node->norm->running_mean()) continue;
      const std::string reason = fold_backward(graph, *node, offsets);
      if (reason.empty())
        ++step.modules;
      else
        step.left.push_back(*node->recorded.path + ": " + reason);
    }
    if (step.modules == 0 && step.left.empty()) return;
    // The choice of norm is the whole model's: all of them go, or none.
    if (!step.left.empty()) {
      step.modules = 0;
      folded.steps.push_back(std::move(step));
      return;
    }
    TrainedModel changed{
        with_norms_changed(folded.model.spec, [](Json& norm) { norm = *offset_alone().options; }),
        {}};
    std::map<std::string, Tensor> state = built.state();
    state.insert(offsets.begin(), offsets.end());
    for (const auto& [name, offset] : offsets) state[name] = offset;
    for (const std::string& name : state_names(changed.spec, extents_))
      changed.state[name] = state.at(name);
    finish(folded, std::move(changed), std::move(step));
  }

 private:
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
  static std::string fold_forward(const Graph& graph, const Node& node, bool& offsets_moved) {
    const std::vector<const Node*> readers = graph.readers_of(node.recorded.outputs.back());
    if (readers.empty()) return "nothing reads it";
    bool takes_offset = true;
    for (const Node* reader : readers) {
      if (!reader->map)
        return std::string("its output also goes to ") + reader->recorded.op->name();
      if (!owns_weight(*reader->map)) return "the weight behind it is shared";
      if (!reader->map->mixes_all) return "the map behind it has groups";
      takes_offset = takes_offset && reader->map->bias && !reader->map->pads;
    }
    const std::optional<ChannelMap> ending = take_ending(*node.norm);
    if (!ending) return "its learned part is no gain and offset";
    for (const Node* reader : readers) scale_inputs(*reader->map, *ending, takes_offset);
    if (takes_offset) return "";
    // The offset stays, in units of the gain that left.
    for (Param* param : ending_of(*node.norm)) {
      if (param->kind != ParamKind::kBias) continue;
      offsets_moved = false;
      for (size_t c = 0; c < ending->gain.size(); ++c)
        param->value.data<double>()[c] =
            ending->gain[c] != 0 ? ending->offset[c] / ending->gain[c] : 0;
    }
    return "";
  }

  static std::string fold_backward(const Graph& graph, const Node& node,
                                   std::map<std::string, Tensor>& offsets) {
    const NormRun run(node.norm->channels());
    const std::optional<ChannelMap> whole = channel_map(run.x, run(*node.norm));
    if (!whole) return "it is not the same map at every position";
    const int32_t input = node.recorded.inputs.front();
    const Node* const writer = graph.writer_of(input);
    if (!writer || !writer->map) return "no linear map is in front of it";
    if (!owns_weight(*writer->map)) return "the weight in front of it is shared";
    if (graph.readers_of(input).size() > 1) return "its input is also read elsewhere";
    scale_outputs(*writer->map, *whole);
    offsets[*node.recorded.path + ".bias"] =
        Tensor::from(whole->offset, {node.norm->channels()}, DType::kFloat64);
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
    step.deviation = deviation(output_of(folded.model), output_of(changed));
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
