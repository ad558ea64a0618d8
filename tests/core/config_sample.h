#pragma once

#include "core/config/config.h"

namespace norma {

// A small config with every kind of option, for the tests of the config machinery.

struct RmsOptions {
  double eps = 1e-6;
  bool affine = true;
  void describe(Fields& f) {
    f.number("eps", eps, "added to the second moment", {.above = 0});
    f.flag("affine", affine, "whether a gain is learned");
  }
};

struct GroupOptions {
  int64_t groups = 8;
  double eps = 1e-5;
  void describe(Fields& f) {
    f.integer("groups", groups, "groups of channels", {.min = 1});
    f.number("eps", eps, "added to the variance", {.above = 0});
  }
};

struct NoOptions {
  void describe(Fields&) {}
};

inline const Registry<int>& sample_norms() {
  static const Registry<int>* const norms = [] {
    auto* made = new Registry<int>("norm");
    made->add({"rms_norm", "divides by the root mean square", "Zhang and Sennrich 2019",
               describe_options<RmsOptions>()},
              1);
    made->add({"layer_norm", "standardizes a row", "", describe_options<NoOptions>()}, 2);
    made->add({"group_norm", "standardizes groups of channels", "Wu and He 2018",
               describe_options<GroupOptions>()},
              3);
    return made;
  }();
  return *norms;
}

struct Sample {
  bool verbose = false;
  std::string name = "run";
  std::vector<double> betas = {0.9, 0.999};
  std::vector<int64_t> milestones;
  struct Model {
    int64_t width = 128, heads = 4;
    double dropout = 0;
    std::string activation = "gelu";
    std::optional<int64_t> window;
    std::optional<double> cap = 30.0;
    Spec norm{"rms_norm"};
    Spec qk_norm;
    void describe(Fields& f) {
      f.integer("width", width, "features of a position", {.min = 1});
      f.integer("heads", heads, "attention heads", {.min = 1});
      f.number("dropout", dropout, "share of values set to zero", {.min = 0, .below = 1});
      f.choice("activation", activation, {"gelu", "relu", "silu"}, "of the feed-forward layers");
      f.maybe_integer("window", window, "positions seen; null for all", {.min = 1});
      f.maybe_number("cap", cap, "largest logit; null for none", {.above = 0});
      f.spec("norm", norm, sample_norms(), "before each sublayer", {.required = true});
      f.spec("qk_norm", qk_norm, sample_norms(), "of queries and keys");
      f.rule(width % heads == 0, "heads", "a divisor of width");
    }
  } model;

  void describe(Fields& f) {
    f.flag("verbose", verbose, "whether to say more");
    f.text("name", name, "of the run", {.min = 1});
    f.object(
        "model", [this](Fields& m) { model.describe(m); }, "what is trained");
    f.numbers("betas", betas, "decay of the moments", 2);
    f.integers("milestones", milestones, "steps", 0, {.min = 0});
  }
};

}  // namespace norma
