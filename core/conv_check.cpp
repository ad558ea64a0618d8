#include <string>

#include "core/conv.h"
#include "core/error.h"

namespace norma {

void check_conv2d(const Conv2dShape& s) {
  const auto require = [](bool holds, const std::string& message) {
    if (!holds) throw Error("[conv2d] " + message);
  };
  const auto at_least = [&](int64_t value, int64_t least, const char* what) {
    require(value >= least, std::string(what) + " is " + std::to_string(value) +
                                ", expected at least " + std::to_string(least));
  };
  at_least(s.batch, 1, "batch");
  at_least(s.height, 1, "image height");
  at_least(s.width, 1, "image width");
  at_least(s.in_channels, 1, "number of input channels");
  at_least(s.out_channels, 1, "number of output channels");
  at_least(s.kernel_h, 1, "kernel height");
  at_least(s.kernel_w, 1, "kernel width");
  at_least(s.stride_h, 1, "vertical stride");
  at_least(s.stride_w, 1, "horizontal stride");
  at_least(s.pad_h, 0, "vertical padding");
  at_least(s.pad_w, 0, "horizontal padding");
  at_least(s.dilation_h, 1, "vertical dilation");
  at_least(s.dilation_w, 1, "horizontal dilation");
  at_least(s.groups, 1, "number of groups");
  const std::string groups = std::to_string(s.groups) + " groups do not divide ";
  require(s.in_channels % s.groups == 0,
          groups + std::to_string(s.in_channels) + " input channels evenly");
  require(s.out_channels % s.groups == 0,
          groups + std::to_string(s.out_channels) + " output channels evenly");
  const auto fits = [&](int64_t kernel, int64_t dilation, int64_t size, int64_t pad,
                        const char* what) {
    const int64_t reach = dilation * (kernel - 1) + 1, room = size + 2 * pad;
    require(reach <= room, std::string("kernel ") + what + " " + std::to_string(kernel) +
                               " with dilation " + std::to_string(dilation) + " covers " +
                               std::to_string(reach) + " pixels, the padded image has " +
                               std::to_string(room));
  };
  fits(s.kernel_h, s.dilation_h, s.height, s.pad_h, "height");
  fits(s.kernel_w, s.dilation_w, s.width, s.pad_w, "width");
}

}  // namespace norma
