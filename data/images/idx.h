#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace norma {

// An array out of a file in the IDX format of the MNIST pages (LeCun, Cortes and Burges): two zero
// bytes, the element type, the number of axes, each axis as a big-endian 32-bit number, the
// elements, outermost axis first.
struct IdxArray {
  std::vector<int64_t> extents;
  std::vector<uint8_t> bytes;
};

// Reads a file of unsigned bytes, plain or compressed with gzip. Error, naming the file, for
// anything but what the header promises.
IdxArray read_idx(const std::filesystem::path& file);

}  // namespace norma
