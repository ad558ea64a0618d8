#include <algorithm>
#include <filesystem>

#include "data/images/idx.h"
#include "data/images/image_dataset.h"

namespace norma {
namespace {

namespace fs = std::filesystem;

struct IdxOptions {
  std::string source = "fashion-mnist";
  std::string train_images, train_labels, test_images, test_labels;
  std::optional<int64_t> classes;
  ImageOptions images;

  void describe(Fields& f) {
    f.text("source", source, "\"fashion-mnist\", or a folder with files named as those of MNIST");
    f.text("train_images", train_images, "file, in place of the one in the folder");
    f.text("train_labels", train_labels, "file, in place of the one in the folder");
    f.text("test_images", test_images, "file, in place of the one in the folder");
    f.text("test_labels", test_labels, "file, in place of the one in the folder");
    f.maybe_integer("classes", classes, "number of classes; null: the largest label, plus one",
                    {.min = 2, .max = 256});
    images.describe(f);
  }
};

constexpr const char* kFashionMnistFolder = "/usr/share/datasets/fashion-mnist";

fs::path folder_of(const std::string& source) {
  if (source != "fashion-mnist") return source;
  if (!fs::exists(kFashionMnistFolder))
    throw Error(
        "[idx] source \"fashion-mnist\": the package dataset-fashion-mnist is not installed "
        "(apt-get install dataset-fashion-mnist); or name a folder of IDX files");
  return kFashionMnistFolder;
}

// The file named, or the usual one in the folder; empty when there is neither.
fs::path find_file(const std::string& named, const fs::path& folder, const std::string& stem,
                   const std::string& axes) {
  if (!named.empty()) return named;
  for (const char* separator : {"-", "."})
    for (const char* ending : {"", ".gz"}) {
      const fs::path file = folder / (stem + separator + axes + ending);
      if (fs::exists(file)) return file;
    }
  return {};
}

LabelledImages read_images(const fs::path& images_file, const fs::path& labels_file) {
  IdxArray images = read_idx(images_file), labels = read_idx(labels_file);
  if (images.extents.size() < 3)
    throw Error(images_file.string() + ": has " + std::to_string(images.extents.size()) +
                " axes; images have 3 (count, height, width) or 4 (…, channels)");
  if (labels.extents.size() != 1)
    throw Error(labels_file.string() + ": has " + std::to_string(labels.extents.size()) +
                " axes; labels have one");
  if (images.extents[0] != labels.extents[0])
    throw Error(images_file.string() + " has " + std::to_string(images.extents[0]) +
                " images, but " + labels_file.string() + " has " +
                std::to_string(labels.extents[0]) + " labels");
  return {images.extents[1], images.extents[2], images.extents.size() == 4 ? images.extents[3] : 1,
          std::move(images.bytes), std::move(labels.bytes)};
}

void check_same_size(const LabelledImages& training, const LabelledImages& test,
                     const fs::path& file) {
  if (training.height == test.height && training.width == test.width &&
      training.channels == test.channels)
    return;
  const auto size = [](const LabelledImages& images) {
    return std::to_string(images.height) + "x" + std::to_string(images.width) + "x" +
           std::to_string(images.channels);
  };
  throw Error(file.string() + ": test images of " + size(test) + ", training images of " +
              size(training));
}

std::unique_ptr<Dataset> load_idx(const IdxOptions& options, const DataRequest&) {
  const bool names_all = !options.train_images.empty() && !options.train_labels.empty();
  const fs::path folder = names_all ? fs::path() : folder_of(options.source);
  const fs::path train_images =
      find_file(options.train_images, folder, "train-images", "idx3-ubyte");
  const fs::path train_labels =
      find_file(options.train_labels, folder, "train-labels", "idx1-ubyte");
  if (train_images.empty() || train_labels.empty())
    throw Error("[idx] " + folder.string() + ": " +
                (train_images.empty() ? "train-images-idx3-ubyte" : "train-labels-idx1-ubyte") +
                " (or the same with .gz) is not there");

  ImageFiles files;
  files.type = "idx";
  files.source = names_all ? train_images.string() : folder.string();
  files.training = read_images(train_images, train_labels);
  files.classes = options.classes.value_or(
      1 + *std::max_element(files.training.labels.begin(), files.training.labels.end()));
  files.training.check_labels(files.classes, train_labels.string());

  const fs::path test_images = find_file(options.test_images, folder, "t10k-images", "idx3-ubyte");
  const fs::path test_labels = find_file(options.test_labels, folder, "t10k-labels", "idx1-ubyte");
  if (test_images.empty() != test_labels.empty())
    throw Error("[idx] " + (test_images.empty() ? test_labels : test_images).string() +
                ": test images and test labels come together, but only one of them is there");
  if (!test_images.empty()) {
    files.test = read_images(test_images, test_labels);
    files.test.check_labels(files.classes, test_labels.string());
    check_same_size(files.training, files.test, test_images);
  }
  if (folder == kFashionMnistFolder) {
    files.source = "package dataset-fashion-mnist";
    files.licence = "MIT (Zalando SE, 2017)";
    files.class_names = {"t-shirt", "trouser", "pullover", "dress", "coat",
                         "sandal",  "shirt",   "sneaker",  "bag",   "ankle boot"};
  }
  return std::make_unique<ImageDataset>(std::move(files), options.images);
}

const RegisterData<IdxOptions> registered_idx_dataset(
    "idx", "labelled images in IDX files, as MNIST's",
    "LeCun, Cortes and Burges, the MNIST database, 1998", load_idx);

}  // namespace
}  // namespace norma
