#pragma once

#include "core/kernels/pooling.h"
#include "layers/layer_registry.h"

namespace norma {

// The square windows of a pooling.
struct Window {
  int64_t kernel = 2, stride = 2, padding = 0;
};

// The largest value of each window: x (B,H,W,C) → (B,H',W',C). The gradient goes to the first of
// equal values, row by row.
Var max_pool2d(Context& ctx, const Var& x, const Window& window);

// The mean of each window. With `count_padding`, padded places count as zeros.
Var avg_pool2d(Context& ctx, const Var& x, const Window& window, bool count_padding = true);

// The mean over all positions: (B,H,W,C) or (B,T,C) → (B,C); over the valid ones where the context
// has a mask for them.
Var global_avg_pool(Context& ctx, const Var& x);

class MaxPool2d : public Module {
 public:
  struct Options {
    int64_t kernel = 2, padding = 0;
    std::optional<int64_t> stride = {};
    void describe(Fields& f);
    Window window() const { return {kernel, stride.value_or(kernel), padding}; }
  };
  MaxPool2d(const Scope& scope, const Window& window) : Module(scope), window_(window) {}
  MaxPool2d(const Scope& scope, const Options& options, const LayerInput&)
      : MaxPool2d(scope, options.window()) {}

 protected:
  Var forward(Context& ctx, const Var& x) override { return max_pool2d(ctx, x, window_); }

 private:
  Window window_;
};

class AvgPool2d : public Module {
 public:
  struct Options : MaxPool2d::Options {
    bool count_padding = true;
    void describe(Fields& f);
  };
  AvgPool2d(const Scope& scope, const Window& window, bool count_padding = true)
      : Module(scope), window_(window), count_padding_(count_padding) {}
  AvgPool2d(const Scope& scope, const Options& options, const LayerInput&)
      : AvgPool2d(scope, options.window(), options.count_padding) {}

 protected:
  Var forward(Context& ctx, const Var& x) override {
    return avg_pool2d(ctx, x, window_, count_padding_);
  }

 private:
  Window window_;
  bool count_padding_;
};

class GlobalAvgPool : public Module {
 public:
  struct Options {
    void describe(Fields&) {}
  };
  explicit GlobalAvgPool(const Scope& scope) : Module(scope) {}
  GlobalAvgPool(const Scope& scope, const Options&, const LayerInput&) : GlobalAvgPool(scope) {}

 protected:
  Var forward(Context& ctx, const Var& x) override { return global_avg_pool(ctx, x); }
};

}  // namespace norma
