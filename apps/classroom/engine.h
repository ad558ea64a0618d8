#pragma once

#include <string>
#include <string_view>

namespace norma::classroom {

// What the playground computes: JSON text in, JSON text out. Compiled to WebAssembly it is all that
// the page knows of norms (wasm/exports.cpp).

// {"norms": [{"type", "summary", "source", "domain", "approximate"}], "schema": …}: every
// registered norm, sorted, and the JSON Schema of their options. The last two are those of its
// default options, left out where it has options that must be given.
std::string list_norms();

// Runs one norm:
//   in   {"spec", "shape": [N,S,C], "input": […], "grad_output": […], "state": {"param.weight":
//   […]},
//         "mode": "train" | "eval", "dtype": "float64" | "float32", "steps_before": 0,
//         "derivative": {"of": "dx" | "dy/dx", "text": "…"}}
//   out  {"tensors": {"output": {"shape", "values"}, …}, "state": {…}, "domains": {"kind", "of",
//         "n", "mean", "variance", "mean_square", "one_dx", "u_dx"}, "read": {"centre", "stats"},
//         "terms": {"direct", "along_one", "along_u"}, "derivative": {"equal", "error", …}}
// or {"error": "…"}, with "faults": [{"path", "expected", "nearest"}] where the request has a mistake
// in its options: nothing is thrown. Numbers that are not finite are null.
std::string run_norm(std::string_view request);

// What tells engines apart: a hash of list_norms(), and for every norm a few sums over what it
// makes of some numbers, forward and backward. The one in WebAssembly stands beside it in the
// sources (wasm/engine.json), so that a change of norms after it was made is noticed.
//   {"list": "…", "norms": {"layer_norm": {"train": {"output": 1.5, …}, "eval": …}, …}}
std::string fingerprint();

}  // namespace norma::classroom
