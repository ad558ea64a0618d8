#include "layers/layer_error.h"

namespace norma {

void layer_error(const Context& ctx, const char* operation, const std::string& message) {
  const std::string place = ctx.path().empty() ? "" : " " + ctx.path();
  throw Error("[" + std::string(operation) + place + "] " + message);
}

void expect_width(const Context& ctx, const char* operation, const Var& x, int64_t width) {
  if (x.shape().back() == width && x.shape().rank() > 0) return;
  layer_error(
      ctx, operation,
      "expects inputs of width " + std::to_string(width) + ", found shape " + x.shape().str());
}

}  // namespace norma
