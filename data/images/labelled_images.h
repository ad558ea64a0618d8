#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/error.h"

namespace norma {

// Images of one size with one label each, in memory as the bytes they are.
struct LabelledImages {
  int64_t height = 0, width = 0, channels = 0;
  std::vector<uint8_t> pixels;  // (N,H,W,C)
  std::vector<uint8_t> labels;  // (N)

  int64_t count() const { return static_cast<int64_t>(labels.size()); }
  int64_t image_size() const { return height * width * channels; }

  // An Error naming `file` and the image for a label that is no class.
  void check_labels(int64_t classes, const std::string& file) const {
    for (size_t i = 0; i < labels.size(); ++i)
      if (labels[i] >= classes)
        throw Error(file + ": image " + std::to_string(i) + " has label " +
                    std::to_string(labels[i]) + "; there are classes 0 to " +
                    std::to_string(classes - 1));
  }
};

// What a reader of image files found.
struct ImageFiles {
  std::string type, source;
  std::string licence = "unknown";
  std::vector<std::string> class_names;  // may be empty
  int64_t classes = 0;
  LabelledImages training, test;  // the test part may be empty
};

}  // namespace norma
