#include <filesystem>

#include "data/byte_reader.h"
#include "data/images/image_dataset.h"

namespace norma {
namespace {

namespace fs = std::filesystem;

struct Cifar10Options {
  std::string source = "cifar-10-batches-bin";
  ImageOptions images;

  Cifar10Options() {
    images.augment.crop = 4;
    images.augment.flip = true;
  }
  void describe(Fields& f) {
    f.text("source", source, "folder of the binary version: data_batch_1.bin … test_batch.bin");
    images.describe(f);
  }
};

constexpr int64_t kSide = 32, kChannels = 3, kClasses = 10;
constexpr int64_t kPlane = kSide * kSide;
constexpr int64_t kRecord = 1 + kChannels * kPlane;  // a label, then a plane a channel

void append_batch(const fs::path& file, LabelledImages& images) {
  ByteReader reader(file);
  const std::vector<uint8_t> records = reader.read_rest();
  if (records.empty() || std::ssize(records) % kRecord)
    reader.fail("has " + std::to_string(records.size()) + " bytes; a multiple of " +
                std::to_string(kRecord) + " (a label and 32x32x3 pixels) was expected");
  const int64_t count = std::ssize(records) / kRecord;
  for (int64_t i = 0; i < count; ++i) {
    const uint8_t* record = records.data() + i * kRecord;
    if (record[0] >= kClasses)
      reader.fail("image " + std::to_string(i) + " has label " + std::to_string(record[0]) +
                  "; there are classes 0 to 9");
    images.labels.push_back(record[0]);
    for (int64_t p = 0; p < kPlane; ++p)
      for (int64_t c = 0; c < kChannels; ++c) images.pixels.push_back(record[1 + c * kPlane + p]);
  }
}

std::unique_ptr<Dataset> load_cifar10(const Cifar10Options& options, const DataRequest&) {
  fs::path folder = options.source;
  if (fs::exists(folder / "cifar-10-batches-bin")) folder /= "cifar-10-batches-bin";
  if (!fs::exists(folder / "data_batch_1.bin"))
    throw Error("[cifar10] " + folder.string() +
                ": data_batch_1.bin is not there; data.source is the folder unpacked from "
                "cifar-10-binary.tar.gz");
  ImageFiles files;
  files.type = "cifar10";
  files.source = folder.string();
  files.licence = "none stated by its authors (Krizhevsky 2009); meant for research";
  files.class_names = {"airplane", "automobile", "bird",  "cat",  "deer",
                       "dog",      "frog",       "horse", "ship", "truck"};
  files.classes = kClasses;
  files.training = {kSide, kSide, kChannels, {}, {}};
  files.test = files.training;
  for (int batch = 1; batch <= 5; ++batch)
    append_batch(folder / ("data_batch_" + std::to_string(batch) + ".bin"), files.training);
  append_batch(folder / "test_batch.bin", files.test);
  return std::make_unique<ImageDataset>(std::move(files), options.images);
}

const RegisterData<Cifar10Options> registered_cifar10(
    "cifar10", "CIFAR-10, binary version",
    "Krizhevsky, Learning multiple layers of features from tiny images, 2009", load_cifar10);

}  // namespace
}  // namespace norma
