#pragma once

#include <stdexcept>
#include <string>

namespace norma {

// The user's mistake: a bad config, file or shape. The message names the place, the value found and
// what was expected. Programs end with exit code 2.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Something broke that the user did not cause: a full disk, a library that refused. Exit code 1.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace norma
