#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "core/config/fields.h"
#include "core/kernels/norm/block.h"
#include "core/param.h"

namespace norma {

// Which elements of (N,S,C) share a statistic.
struct Domain {
  enum class Kind : uint8_t {
    kNone,           // no statistic: a pointwise map
    kRow,            // (n,s): all channels of a position
    kGroup,          // (n, group): all positions, C/groups channels
    kSampleChannel,  // (n,c): all positions
    kChannel,        // (c): all samples and positions
  };
  Kind kind = Kind::kRow;
  int64_t groups = 1;
  // Of kChannel, in training: how many samples at most share a statistic (0: all of the batch);
  // into how many splits the batch is cut, each with parameters and running statistics of its own;
  // whether the batches of all processes count as one.
  int64_t ghost = 0, splits = 1;
  bool over_ranks = false;

  static constexpr Domain none() { return {Kind::kNone}; }
  static constexpr Domain row() { return {Kind::kRow}; }
  static constexpr Domain group(int64_t groups) { return {Kind::kGroup, groups}; }
  static constexpr Domain sample_channel() { return {Kind::kSampleChannel}; }
  static constexpr Domain channel() { return {Kind::kChannel}; }
  // Whether the row shape runs it (rows.h), or the column shape (columns.h).
  constexpr bool per_row() const { return kind == Kind::kNone || kind == Kind::kRow; }
};

// A learned tensor of a norm: one number a channel, or a single one.
struct NormParam {
  const char* name;
  ParamKind kind;
  bool scalar;
  double initial;
  bool present = true;  // false: the formula computes with the initial value, nothing is learned
  bool times_root_width = false;  // the initial value is `initial`·√channels
  bool affine = false;            // of the γ x̂ + β that may as well come from outside the norm

  double initial_for(int64_t channels) const {
    return times_root_width ? initial * std::sqrt(static_cast<double>(channels)) : initial;
  }
  // Nothing is learned: the formula computes with `value`.
  void leave_out(double value) {
    initial = value;
    present = false;
  }
};
constexpr NormParam gain(const char* name) { return {name, ParamKind::kGain, false, 1.0}; }
constexpr NormParam offset(const char* name) { return {name, ParamKind::kBias, false, 0.0}; }
// The usual γ and β.
constexpr NormParam gain() {
  NormParam weight = gain("weight");
  weight.affine = true;
  return weight;
}
constexpr NormParam offset() {
  NormParam bias = offset("bias");
  bias.affine = true;
  return bias;
}
constexpr NormParam scalar(const char* name, double initial) {
  return {name, ParamKind::kScalar, true, initial};
}
// A single number that starts at √channels.
constexpr NormParam root_of_width(const char* name) {
  return {name, ParamKind::kScalar, true, 1.0, true, true};
}

// Statistics tracked over training steps and used in eval, one a channel.
struct Running {
  bool track = true;
  std::optional<double> momentum = 0.1;  // weight of the new value; null = the mean over all steps
  bool frozen = false;
  const char* second = "running_var";  // name of what is tracked beside running_mean
  double start = 1;                    // its initial value

  void describe(Fields& f) {
    f.maybe_number(
        "momentum", momentum,
        "weight of the new value in the running statistics; null: the mean over all steps",
        {.min = 0, .max = 1});
    f.flag("track_running_stats", track, "keep running statistics and use them in eval");
    f.flag("frozen", frozen,
           "normalize by the running statistics in training too, and leave them as they are");
    f.rule(track || !frozen, "frozen", "false where `track_running_stats` is false");
  }
};

// What recipes, tests and --explain ask of a norm.
struct NormTraits {
  // The backward is not the derivative of the forward, and not meant to be.
  bool approximate_backward = false;
  // Some values that follow from the input take no gradient. While `Context::held` replays, they
  // are those of the recorded forward: the function whose derivative the backward is.
  bool detaches = false;
  // The statistic is made of those of several domains; `NormDefinition::domain` is then the one
  // that the loops run over.
  bool mixes_domains = false;
};

// State of a norm whose statistics stream (kernels::NormStreaming): one number a channel.
struct NormState {
  const char* name;
  double initial;
};

// A norm with its options set, compiled: what layers/norms/norm.cpp runs. A norm made of others, or
// with a loop of its own, has no kernels; the rest says what tests and pair checks ask.
struct NormDefinition {
  Domain domain;
  bool centred = true;
  int stats = 0;
  // Whether the output is bounded by a curve of the input's own size, which then has to fit it.
  bool bounded = false;
  bool reads_scaled = false;  // such a curve of αx + s, with one α and one s
  double partial = 1;         // the share of a row's channels that enter its statistic
  kernels::NormBlockKernels<float> float_kernels;
  kernels::NormBlockKernels<double> double_kernels;
  std::shared_ptr<const kernels::NormTable> table;
  // Keeps alive what the context of the kernels, the table and names of parameters belong to.
  std::shared_ptr<const void> owner;
  std::vector<NormParam> params;
  std::optional<Running> running;
  std::shared_ptr<const kernels::NormStreaming> streaming;
  std::vector<NormState> state;
  NormTraits traits;

  // The program that drivers run, but for its parameters. T is the model's float type.
  template <class T>
  kernels::NormProgram<T> program() const {
    kernels::NormProgram<T> made;
    if constexpr (std::is_same_v<T, float>)
      made.kernels = &float_kernels;
    else
      made.kernels = &double_kernels;
    made.wide = &double_kernels;
    made.table = table.get();
    made.stats = stats;
    made.centred = centred;
    return made;
  }

  // Without the learned γ and β, for norms that get theirs from outside.
  void leave_out_affine() {
    for (NormParam& param : params)
      if (param.affine) param.leave_out(param.initial);
  }
};

}  // namespace norma
