#pragma once

#include <span>

namespace norma {

// A file that became part of the program when it was built (cmake/embed.cmake).
struct EmbeddedFile {
  const char* name;  // without folders
  const char* text;
};
using EmbeddedFiles = std::span<const EmbeddedFile>;

}  // namespace norma
