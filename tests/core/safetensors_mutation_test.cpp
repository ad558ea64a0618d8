#include <algorithm>
#include <random>

#include "core/error.h"
#include "core/io/safetensors.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/core/safetensors_file.h"

// Thousands of damaged files, the same in every run: each is either refused with an Error or read
// such that every tensor lies inside the file. tests/fuzz/safetensors_fuzz.cpp searches further.

using namespace norma;
using namespace norma::io;

namespace {

std::string valid_file() {
  static const std::vector<float> weights = {1, 2, 3, 4, 5, 6};
  static const std::vector<double> moments = {7, 8};
  static const std::vector<int32_t> tokens = {9, 10, 11};
  static const std::vector<uint8_t> mask = {1, 0, 1, 1, 0};
  const std::vector<TensorView> tensors = {
      view_of("weights", weights, {2, 3}), view_of("moments", moments, {2}),
      view_of("tokens", tokens, {3, 1}), view_of("mask", mask, {5})};
  std::string file;
  serialize_safetensors(tensors, {{"step", "3"}}, [&](std::span<const std::byte> bytes) {
    file.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  return file;
}

// One to four kinds of damage: most aim at the header, where reading decides.
std::string damaged_file(std::string file, std::mt19937& random) {
  const auto below = [&](size_t bound) { return random() % std::max<size_t>(bound, 1); };
  const std::string interesting = "{}[]\",:0123456789-.eE\\ \n\tFIU";
  const size_t header_end = 8 + static_cast<size_t>(static_cast<unsigned char>(file[0])) +
                            256 * static_cast<unsigned char>(file[1]);
  for (size_t damages = 1 + below(4); damages > 0 && !file.empty(); --damages) {
    const size_t place =
        below(4) == 0 ? below(file.size()) : std::min(8 + below(header_end), file.size() - 1);
    const size_t other = below(file.size());
    const size_t length = std::min(1 + below(12), file.size() - std::max(place, other));
    switch (below(8)) {
      case 0:
        file[place] = static_cast<char>(file[place] ^ (1 << below(8)));
        break;
      case 1:
      case 2:
        file[place] = interesting[below(interesting.size())];
        break;
      case 3:
        file.erase(place, length);
        break;
      case 4:
        file.insert(place, file.substr(other, length));
        break;
      case 5:
        file.replace(place, length, file.substr(other, length));
        break;
      case 6:
        file.resize(place);
        break;
      case 7:
        file[below(std::min<size_t>(file.size(), 8))] = static_cast<char>(below(256));
        break;
    }
  }
  return file;
}

// Changes one digit of one number, so that the JSON stays valid and the sizes decide.
std::string with_another_digit(std::string file, std::mt19937& random) {
  std::vector<size_t> digits;
  for (size_t i = 8; i < file.rfind('}'); ++i) {
    if (file[i] >= '0' && file[i] <= '9') digits.push_back(i);
  }
  file[digits[random() % digits.size()]] = static_cast<char>('0' + random() % 10);
  return file;
}

// Whether the file is read; checks what a reader hands out.
bool accepted(const std::string& file) {
  try {
    const SafetensorsFile read = SafetensorsFile::parse(bytes_of(file), "damaged");
    size_t total = 0;
    for (const auto& [name, tensor] : read.tensors()) {
      size_t elements = 1;
      for (int64_t size : tensor.shape) elements *= static_cast<size_t>(size);
      REQUIRE(tensor.bytes == elements * size_of(tensor.dtype));
      REQUIRE(reinterpret_cast<uintptr_t>(tensor.data) % size_of(tensor.dtype) == 0);
      const auto* begin = reinterpret_cast<const char*>(tensor.data);
      const bool in_place =
          begin >= file.data() && begin + tensor.bytes <= file.data() + file.size();
      const std::string copy(begin, tensor.bytes);  // reads every byte, for the address sanitizer
      REQUIRE((in_place || copy.size() <= file.size()));
      total += tensor.bytes;
    }
    REQUIRE(total <= file.size());
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

TEST_CASE("safetensors: damaged files are refused or read within their bounds") {
  const std::string whole = valid_file();
  REQUIRE(accepted(whole));
  std::mt19937 random(20240607);
  int accepted_files = 0;
  constexpr int kFiles = 6000;
  for (int i = 0; i < kFiles; ++i) {
    const std::string file =
        i % 3 == 0 ? with_another_digit(whole, random) : damaged_file(whole, random);
    CAPTURE(i, file);
    REQUIRE_NOTHROW(accepted_files += accepted(file));
  }
  // Harmless changes (a name, a value) are accepted, most of the rest are not.
  CHECK(accepted_files > kFiles / 100);
  CHECK(accepted_files < kFiles / 2);
}
