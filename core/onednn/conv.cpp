#include <algorithm>

#include "core/onednn.h"
#include "core/onednn/engine.h"

namespace norma::onednn {

class Conv {
 public:
  ConvPass pass;
  bool with_bias;
  Primitive primitive;
  Primitive reorder;  // OIHW to the primitive's weights; for the weight gradient, back
  dnnl::memory::desc weights;
  uint64_t layout;
};

namespace {

using dnnl::memory;
using Tag = memory::format_tag;
constexpr auto kFloat32 = memory::data_type::f32;
constexpr auto kDirect = dnnl::algorithm::convolution_direct;

struct ConvKey {
  ConvPass pass;
  Conv2dShape shape;
  bool with_bias;
  uint64_t layout;  // demanded of the weights; 0 leaves the choice to oneDNN
  bool operator==(const ConvKey&) const = default;
};

struct HashConvKey {
  size_t operator()(const ConvKey& key) const {
    const Conv2dShape& s = key.shape;
    return hash_of({static_cast<int64_t>(key.pass), s.batch, s.height, s.width, s.in_channels,
                    s.out_channels, s.kernel_h, s.kernel_w, s.stride_h, s.stride_w, s.pad_h,
                    s.pad_w, s.dilation_h, s.dilation_w, s.groups, key.with_bias,
                    static_cast<int64_t>(key.layout)});
  }
};

// A number, from 1, for every order of weights met so far. Only called while building, under the
// lock of the cache.
uint64_t number_of(const memory::desc& layout) {
  static std::vector<memory::desc> met;
  const auto found = std::find(met.begin(), met.end(), layout);
  const uint64_t number = static_cast<uint64_t>(found - met.begin()) + 1;
  if (found == met.end()) met.push_back(layout);
  return number;
}

// How oneDNN sees a convolution.
struct Layouts {
  memory::desc x, y, bias, oihw, weights;
  memory::dims sizes, strides, dilations, padding;

  Layouts(const Conv2dShape& s, bool with_bias, const Conv* like) {
    x = {{s.batch, s.in_channels, s.height, s.width}, kFloat32, Tag::nhwc};
    y = {{s.batch, s.out_channels, s.out_height(), s.out_width()}, kFloat32, Tag::nhwc};
    if (with_bias) bias = {{s.out_channels}, kFloat32, Tag::x};
    sizes = {s.out_channels, s.in_channels, s.kernel_h, s.kernel_w};
    if (s.groups > 1) sizes = {s.groups, s.group_out(), s.group_in(), s.kernel_h, s.kernel_w};
    oihw = {sizes, kFloat32, s.groups > 1 ? Tag::goihw : Tag::oihw};
    weights = like ? like->weights : memory::desc(sizes, kFloat32, Tag::any);
    strides = {s.stride_h, s.stride_w};
    dilations = {s.dilation_h - 1, s.dilation_w - 1};  // oneDNN counts the gaps
    padding = {s.pad_h, s.pad_w};
  }
};

dnnl::convolution_forward::primitive_desc describe_forward(const Layouts& l) {
  return describe<dnnl::convolution_forward>(attributes(), dnnl::prop_kind::forward_training,
                                             kDirect, l.x, l.weights, l.bias, l.y, l.strides,
                                             l.dilations, l.padding, l.padding);
}

// The forward's descriptor serves as a hint only, so it chooses its own order of weights.
dnnl::convolution_forward::primitive_desc hint(Layouts l) {
  l.weights = memory::desc(l.sizes, kFloat32, Tag::any);
  return describe_forward(l);
}

Primitive reorder(const memory::desc& from, const memory::desc& to) {
  const dnnl::reorder::primitive_desc desc(cpu_engine(), from, cpu_engine(), to, attributes());
  return {dnnl::reorder(desc), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}, desc.scratchpad_desc()};
}

Conv build_forward(const Layouts& l, bool with_bias) {
  const auto desc = describe_forward(l);
  const memory::desc weights = desc.weights_desc();
  std::vector<Primitive::Argument> arguments{
      {DNNL_ARG_SRC, l.x}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DST, l.y}};
  if (with_bias) arguments.push_back({DNNL_ARG_BIAS, l.bias});
  return {ConvPass::kForward,
          with_bias,
          {dnnl::convolution_forward(desc), arguments, desc.scratchpad_desc()},
          reorder(l.oihw, weights),
          weights,
          number_of(weights)};
}

Conv build_backward_data(const Layouts& l) {
  const auto desc = describe_backward<dnnl::convolution_backward_data>(
      "", hint(l), kDirect, l.x, l.weights, l.y, l.strides, l.dilations, l.padding, l.padding);
  const memory::desc weights = desc.weights_desc();
  return {ConvPass::kBackwardData,
          false,
          {dnnl::convolution_backward_data(desc),
           {{DNNL_ARG_DIFF_SRC, l.x}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DIFF_DST, l.y}},
           desc.scratchpad_desc()},
          reorder(l.oihw, weights),
          weights,
          number_of(weights)};
}

// Some implementations of 2.6 (jit_1x1:avx2, jit_1x1:avx512_core) write beyond the scratch that
// they ask for where a strided convolution's input channels do not fill the last vector.
std::string_view faulty_for(const Layouts& l) {
  const memory::dim lanes = has_avx512() ? 16 : 8;
  const bool strided = l.strides[0] > 1 || l.strides[1] > 1;
  return strided && l.x.dims()[1] % lanes != 0 ? "jit_1x1:" : "";
}

Conv build_backward_weights(const Layouts& l) {
  const auto desc = describe_backward<dnnl::convolution_backward_weights>(
      faulty_for(l), hint(l), kDirect, l.x, l.weights, l.y, l.strides, l.dilations, l.padding,
      l.padding);
  const memory::desc weights = desc.diff_weights_desc();
  return {ConvPass::kBackwardWeights,
          false,
          {dnnl::convolution_backward_weights(desc),
           {{DNNL_ARG_SRC, l.x}, {DNNL_ARG_DIFF_WEIGHTS, weights}, {DNNL_ARG_DIFF_DST, l.y}},
           desc.scratchpad_desc()},
          reorder(weights, l.oihw),
          weights,
          number_of(weights)};
}

}  // namespace

const Conv& find_conv(ConvPass pass, const Conv2dShape& shape, bool with_bias, const Conv* like) {
  // Never destroyed: worker threads may outlive static objects.
  static auto& cache = *new Cache<ConvKey, Conv, HashConvKey>;
  return cache.find({pass, shape, with_bias, like ? like->layout : 0}, [&](const ConvKey&) {
    const Layouts layouts(shape, with_bias, like);
    if (pass == ConvPass::kForward) return build_forward(layouts, with_bias);
    if (pass == ConvPass::kBackwardData) return build_backward_data(layouts);
    return build_backward_weights(layouts);
  });
}

uint64_t weights_layout(const Conv& conv) { return conv.layout; }

size_t weights_bytes(const Conv& conv) { return conv.weights.get_size(); }

void pack_weights(const Conv& conv, const float* oihw, float* packed) {
  conv.reorder.run({oihw, packed});
}

void unpack_weights(const Conv& conv, const float* packed, float* oihw) {
  conv.reorder.run({packed, oihw});
}

void run(const Conv& conv, const ConvBuffers& buffers) {
  if (conv.with_bias) {
    conv.primitive.run({buffers.x, buffers.weights, buffers.y, buffers.bias});
  } else {
    conv.primitive.run({buffers.x, buffers.weights, buffers.y});
  }
}

}  // namespace norma::onednn
