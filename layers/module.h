#pragma once

#include <memory>
#include <string>

#include "core/context.h"
#include "core/param.h"

namespace norma {

// A part of a model: it owns its parameters' names and writes only a forward, out of operations and
// other modules; the tape differentiates it. Shapes are (B,C), (B,T,C) or channels-last (B,H,W,C).
class Module {
 public:
  explicit Module(const Scope& scope) : path_(scope.path()) {}
  virtual ~Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  // Runs the forward with this module as the current path.
  Var operator()(Context& ctx, const Var& x) {
    const PathScope here(ctx, path_);
    return forward(ctx, x);
  }
  const std::string& path() const { return path_; }

 protected:
  virtual Var forward(Context& ctx, const Var& x) = 0;

 private:
  std::string path_;
};

}  // namespace norma
