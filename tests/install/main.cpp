#include <cstdio>

#include "core/dtype.h"
#include "core/version.h"

int main() {
  std::printf("norma %s\n", norma::version());
  return float(norma::bfloat16(1.5f)) == 1.5f ? 0 : 1;
}
