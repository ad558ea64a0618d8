#include "layers/conv2d.h"

#include <cmath>

#include "layers/layer_error.h"
#include "layers/linear_map.h"

namespace norma {

struct Conv2dOp final : NamedOp<Conv2dOp>, LinearMapOp {
  static constexpr const char* kName = "conv2d";
  Conv2d* layer = nullptr;
  Conv2dShape shape;
  Kept x;
  WeightUse weight;

  LinearMap linear_map() const override {
    return {.weight = weight,
            .bias = layer->bias_,
            .mixes_all = shape.groups == 1,
            .pads = shape.pad_h > 0 || shape.pad_w > 0};
  }

  void backward(Grads& grads) override {
    const Tensor& dy = grads.out();
    const Tensor& x = this->x.tensor();
    Param* const bias = layer->bias_;
    const Tensor dweight =
        weight.learned ? weight.learned->grad : Tensor::zeros(weight.var.shape(), x.dtype());
    conv2d_backward_weights(x.dtype(), shape, x.raw(), dy.raw(), dweight.raw(),
                            bias ? bias->grad.raw() : nullptr);
    if (!weight.learned) grads.give(1, dweight);
    if (!grads.wants(0)) return;
    const Tensor dx = Tensor::empty(x.shape(), x.dtype());
    conv2d_backward_data(x.dtype(), shape, dy.raw(), weight.tensor().raw(), dx.raw(),
                         &layer->packed_, weight.version);
    grads.give(0, dx);
  }
};

Var Conv2d::forward(Context& ctx, const Var& x) {
  const Conv2dShape shape = shape_for(x);
  const WeightUse weight = weight_.use(ctx);
  Var y{Tensor::empty({shape.batch, shape.out_height(), shape.out_width(), shape.out_channels},
                      x.value.dtype())};
  conv2d_forward(x.value.dtype(), shape, x.value.raw(), weight.tensor().raw(),
                 bias_ ? bias_->value.raw() : nullptr, y.value.raw(), &packed_, weight.version);
  ctx.count_flops(2.0 * static_cast<double>(shape.batch * shape.image_out() * shape.depth()));
  if (auto* op = ctx.record<Conv2dOp>({&x, &weight.var}, {weight.learned, bias_}, {&y})) {
    op->layer = this;
    op->shape = shape;
    op->x = Kept(x);
    op->weight = weight;
  }
  return y;
}

void Conv2d::Options::describe(Fields& f) {
  f.integer("out", out, "channels of the output", {.required = true, .min = 1});
  f.integer("kernel", kernel, "height and width of the kernel", {.min = 1});
  f.integer("stride", stride, "pixels from one place of the kernel to the next", {.min = 1});
  f.integer("padding", padding, "zeros around the image", {.min = 0});
  f.integer("dilation", dilation, "pixels from one tap of the kernel to the next", {.min = 1});
  f.integer("groups", groups,
            "groups of channels that do not mix; divides both numbers of channels", {.min = 1});
  f.flag("bias", bias, "add a learned bias");
  describe_reparam(f, reparam);
}

Conv2d::Conv2d(const Scope& scope, const Options& options, const LayerInput& input)
    : Conv2d(scope, options, input.shape.back()) {}

namespace {

// The shape of the weight. Throws unless the groups divide both numbers of channels.
Shape weight_shape(const Scope& scope, const Conv2d::Options& options, int64_t in) {
  if (in % options.groups != 0 || options.out % options.groups != 0)
    throw Error("[conv2d " + scope.path() + "] " + std::to_string(options.groups) +
                " groups do not divide " + std::to_string(in) + " input and " +
                std::to_string(options.out) + " output channels");
  return {options.out, in / options.groups, options.kernel, options.kernel};
}

Init standard_init(const Conv2d::Options& options, int64_t in) {
  const int64_t fan_in = in / options.groups * options.kernel * options.kernel;
  return Init::uniform(1.0 / std::sqrt(static_cast<double>(fan_in)));
}

}  // namespace

Conv2d::Conv2d(const Scope& scope, const Options& options, int64_t in, std::optional<Init> init)
    : Module(scope),
      options_(options),
      in_(in),
      weight_(scope, options.reparam, weight_shape(scope, options, in),
              init.value_or(standard_init(options, in))) {
  if (options.bias)
    bias_ = &scope.param("bias", {options.out}, ParamKind::kBias,
                         init ? Init::constant(0) : standard_init(options, in));
}

Init Conv2d::he_normal(int64_t out, int64_t kernel) {
  return Init::normal(std::sqrt(2.0 / static_cast<double>(out * kernel * kernel)));
}

Conv2dShape Conv2d::shape_for(const Var& x) const {
  const Shape& s = x.shape();
  if (s.rank() != 4 || s[3] != in_)
    throw Error("[conv2d " + path() + "] expected images (B,H,W," + std::to_string(in_) +
                "), found " + s.str());
  const Conv2dShape shape{.batch = s[0],
                          .height = s[1],
                          .width = s[2],
                          .in_channels = in_,
                          .out_channels = options_.out,
                          .kernel_h = options_.kernel,
                          .kernel_w = options_.kernel,
                          .stride_h = options_.stride,
                          .stride_w = options_.stride,
                          .pad_h = options_.padding,
                          .pad_w = options_.padding,
                          .dilation_h = options_.dilation,
                          .dilation_w = options_.dilation,
                          .groups = options_.groups};
  check_conv2d(shape);
  return shape;
}

namespace {
const RegisterLayer<Conv2d> registered_conv2d("conv2d", "a two-dimensional convolution",
                                              "torch.nn.Conv2d");
}  // namespace

}  // namespace norma
