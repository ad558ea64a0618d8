#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace norma::io {

// SHA-256 (FIPS 180-4), the hash that data sets are published with and that `sha256sum` prints: a
// data card or a checkpoint can be checked without this program.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  void update(std::string_view text) { update(std::as_bytes(std::span(text))); }
  // 64 lower-case hex digits of everything given so far. Ends the computation: call it once.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_of(std::span<const std::byte> bytes);
std::string sha256_of(std::string_view text);
// Throws Error when the file cannot be read.
std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace norma::io
