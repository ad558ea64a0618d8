#pragma once

#include <vector>

#include "apps/bench/bench_case.h"

// What is timed, a function a family, each in a file of its own. Shapes in names are batch first:
// rows x channels, images N x C x H x W; products are m x n x k.
namespace norma {

// Forward and backward of every registered norm in float32, learned parameters included: norms of
// rows at 4096x256, 2048x768 and 8192x1024, norms of images at 32x64x32x32 (channels last). A norm
// whose formula gives its derivatives by hand has a second case, "…/dual", that takes them by dual
// numbers.
//
// What it must move: x and y in the forward; x, dy and dx in the backward. Where a statistic is
// over the batch, which no cache holds, x once more in the forward, x and dy once more in the
// backward. What it computes is counted as for a standardization with γ and β; what a formula adds
// to that is its own affair.
std::vector<BenchCase> norm_cases();

// A norm and its neighbours in one pass, as models have them, and ("/separate") one after the
// other: the sum of the residual stream before it; the shortcut and ReLU behind it.
std::vector<BenchCase> fusion_cases();

// Products of linear layers, forward and ("/dx", "/dweight") backward, in float32 and, where the
// processor has it, bfloat16.
std::vector<BenchCase> product_cases();

// Attention between the packed projection and the output's, forward and backward:
// batch x positions x heads x head width.
std::vector<BenchCase> attention_cases();

// Convolutions of ResNet-20 and of a vision transformer's patches, forward and backward.
std::vector<BenchCase> convolution_cases();

// Softmax cross-entropy, forward and backward: rows x classes. An exponential counts as one
// operation.
std::vector<BenchCase> loss_cases();

// One step of every registered optimizer over so many parameters, and the norm of their gradients.
// What it must move: weights, gradients and moments read, weights and moments written.
std::vector<BenchCase> optimizer_cases();

// Whole training steps. Their operations are three times the products of the forward; what they
// must move is counted by the parameters alone: read forward and backward, gradients written, and
// the optimizer's pass.
std::vector<BenchCase> step_cases();

// Latencies: one image; the first token after a prompt; the next token by cached keys and values.
// What must be read is every weight that enters a product, once, and the cache.
std::vector<BenchCase> inference_cases();

}  // namespace norma
