#include "data/images/idx.h"

#include <nlohmann/json.hpp>

#include "core/io/sha256.h"
#include "tests/catch.h"
#include "tests/data/scratch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

// An IDX file of unsigned bytes.
std::string idx(const std::vector<int>& extents, const std::string& content) {
  std::string file = bytes_of({0, 0, 8, static_cast<int>(extents.size())});
  for (const int extent : extents)
    file += bytes_of({extent >> 24, extent >> 16, extent >> 8, extent});
  return file + content;
}

std::string ramp(size_t count) {
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes += static_cast<char>(static_cast<uint8_t>(i * 7));
  return bytes;
}

// A folder as MNIST's: 6 training images of 2x3 pixels, 2 test images, three classes.
void write_mnist(const ScratchFolder& folder) {
  folder.write("train-images-idx3-ubyte", idx({6, 2, 3}, ramp(36)));
  folder.write("train-labels-idx1-ubyte", idx({6}, bytes_of({0, 1, 2, 0, 1, 2})));
  folder.write("t10k-images-idx3-ubyte.gz", gzipped(idx({2, 2, 3}, ramp(12))));
  folder.write("t10k-labels-idx1-ubyte.gz", gzipped(idx({2}, bytes_of({2, 1}))));
}

std::string idx_config(const std::string& folder, const std::string& more = "") {
  return R"({"type": "idx", "source": ")" + folder + "\"" + more + "}";
}

}  // namespace

TEST_CASE("IDX files are read with their extents", "[data][idx]") {
  const ScratchFolder folder;
  const IdxArray array = read_idx(folder.write("a", idx({2, 3, 1, 5}, ramp(30))));
  CHECK(array.extents == std::vector<int64_t>{2, 3, 1, 5});
  const std::string content(array.bytes.begin(), array.bytes.end());
  CHECK(content == ramp(30));
  CHECK(read_idx(folder.write("b", gzipped(idx({300}, ramp(300))))).bytes.size() == 300);
}

TEST_CASE("IDX files that break their own promise are named", "[data][idx]") {
  const ScratchFolder folder;
  const auto message = [&](const std::string& content) {
    const std::string file = folder.write("a", content);
    const std::string text = error_of([&] { read_idx(file); });
    CHECK_THAT(text, ContainsSubstring(file));
    return text;
  };
  const std::string good = idx({4}, "1234");
  CHECK_THAT(message(""), ContainsSubstring("ends after 0 bytes, inside the header"));
  CHECK_THAT(message("PK\3\4"), ContainsSubstring("starts with 0x50 0x4b"));
  CHECK_THAT(message(bytes_of({0, 0, 0x0D, 1, 0, 0, 0, 1})), ContainsSubstring("type 0x0d"));
  CHECK_THAT(message(bytes_of({0, 0, 8, 0})), ContainsSubstring("has 0 axes"));
  CHECK_THAT(message(bytes_of({0, 0, 8, 5})), ContainsSubstring("has 5 axes"));
  CHECK_THAT(message(good.substr(0, 6)), ContainsSubstring("inside the header, with 2 bytes"));
  CHECK_THAT(message(good.substr(0, 10)), ContainsSubstring("inside the elements, with 2 bytes"));
  CHECK_THAT(message(good + "5"), ContainsSubstring("goes on after the 12 bytes"));
  CHECK_THAT(message(idx({4, 0}, "")), ContainsSubstring("axis 1 is empty"));
  CHECK_THAT(message(idx({-1, -1, -1, -1}, "")), ContainsSubstring("more than 2^40 bytes"));
  CHECK_THAT(message(idx({1 << 30, 512}, "few")), ContainsSubstring("inside the elements"));
}

TEST_CASE("any damage to a small IDX file is refused or leaves its shape alone", "[data][idx]") {
  const ScratchFolder folder;
  const std::string good = idx({3, 2, 2}, ramp(12)), packed = gzipped(good);
  for (const std::string& original : {good, packed}) {
    for (size_t size = 0; size < original.size(); ++size) {
      const std::string file = folder.write("cut", original.substr(0, size));
      INFO("cut to " << size);
      CHECK_THAT(error_of([&] { read_idx(file); }), ContainsSubstring(file));
    }
    for (size_t i = 0; i < original.size() * 8; ++i) {
      std::string damaged = original;
      damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << i % 8));
      const std::string file = folder.write("flip", damaged);
      IdxArray array;
      const std::string message = error_of([&] { array = read_idx(file); });
      INFO("bit " << i);
      if (!message.empty()) {
        CHECK_THAT(message, ContainsSubstring(file));
        continue;
      }
      CHECK(array.extents == std::vector<int64_t>{3, 2, 2});
      const std::string content(array.bytes.begin(), array.bytes.end());
      if (original == packed) CHECK(content == ramp(12));
    }
  }
}

TEST_CASE("a folder of IDX files becomes three splits", "[data][idx]") {
  const ScratchFolder folder;
  write_mnist(folder);
  const auto data =
      load_data(idx_config(folder.str(), R"(, "val_fraction": 0.34, "normalize": "unit")"));
  CHECK(data->info().height == 2);
  CHECK(data->info().width == 3);
  CHECK(data->info().channels == 1);
  CHECK(data->info().classes == 3);
  CHECK(data->size(Split::kTrain) == 4);
  CHECK(data->size(Split::kValidation) == 2);
  CHECK(data->size(Split::kTest) == 2);
  Batch batch;
  data->fetch(Split::kValidation, 0, 2, DType::kFloat64, batch);
  CHECK(batch.input.shape() == Shape{2, 2, 3, 1});
  CHECK(numbers_of(batch.target) == std::vector<int32_t>{1, 2});
  CHECK(batch.input.item(0) == 4 * 6 * 7 / 255.0);
  data->fetch(Split::kTest, 0, 2, DType::kFloat64, batch);
  CHECK(numbers_of(batch.target) == std::vector<int32_t>{2, 1});
}

TEST_CASE("sets whose files do not fit together are refused", "[data][idx]") {
  const ScratchFolder folder;
  const auto message = [&](const std::string& more = "") {
    return error_of([&] { load_data(idx_config(folder.str(), more)); });
  };
  CHECK_THAT(message(), ContainsSubstring("train-images-idx3-ubyte (or the same with .gz) is not"));
  write_mnist(folder);
  CHECK(message().empty());
  CHECK_THAT(message(R"(, "classes": 2)"),
             ContainsSubstring("image 2 has label 2; there are classes 0 to 1"));
  CHECK_THAT(message(R"(, "augment": {"crop": 2})"), ContainsSubstring("images of 2x3"));
  folder.write("t10k-labels-idx1-ubyte", idx({2}, bytes_of({2, 3})));
  CHECK_THAT(message(), ContainsSubstring("t10k-labels-idx1-ubyte: image 1 has label 3"));
  folder.write("t10k-labels-idx1-ubyte", idx({3}, bytes_of({2, 1, 0})));
  CHECK_THAT(message(), ContainsSubstring("has 2 images, but"));
  write_mnist(folder);
  std::filesystem::remove(folder / "t10k-labels-idx1-ubyte");
  folder.write("t10k-images-idx3-ubyte", idx({2, 3, 2}, ramp(12)));
  CHECK_THAT(message(), ContainsSubstring("test images of 3x2x1, training images of 2x3x1"));
  std::filesystem::remove(folder / "t10k-labels-idx1-ubyte.gz");
  CHECK_THAT(message(), ContainsSubstring("come together"));
  folder.write("train-images-idx3-ubyte", idx({6, 6}, ramp(36)));
  CHECK_THAT(message(), ContainsSubstring("has 2 axes; images have 3"));
  CHECK_THAT(error_of([] { load_data(idx_config("no such folder")); }),
             ContainsSubstring("no such folder"));
}

TEST_CASE("Fashion-MNIST is found where its package puts it", "[data][idx]") {
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist")) {
    WARN("the package dataset-fashion-mnist is not installed: nothing to read");
    CHECK_THAT(error_of([] { load_data(R"({"type": "idx"})"); }),
               ContainsSubstring("apt-get install dataset-fashion-mnist"));
    return;
  }
  const auto data = load_data(R"({"type": "idx", "val_fraction": 0})");
  CHECK(data->size(Split::kTrain) == 60000);
  CHECK(data->size(Split::kTest) == 10000);
  const DataCard card = data->card();
  CHECK(card.splits[0].class_counts == std::vector<int64_t>(10, 6000));
  CHECK(card.splits[1].class_counts == std::vector<int64_t>(10, 1000));
  // The figures everybody normalizes this data set by.
  CHECK(std::abs(card.mean.at(0) - 0.2860) < 5e-5);
  CHECK(std::abs(card.std.at(0) - 0.3530) < 5e-5);
}

}  // namespace norma
