#pragma once

#include <string>

#include "apps/pages/section.h"
#include "core/config/json.h"

namespace norma {

// One HTML page of probes, of one run or of several side by side: what passes through the model
// forward and backward, by module, block and step. data: {"norma", "runs": [{"name", "probe":
// [record, …]}]}, records as docs/probing.md describes them.
std::string probe_page(const Json& data);

namespace pages {

// "blocks.0.attn linear" of a record's module, with which of several outputs where it is not the
// first.
std::string module_label(const Json& module);

// What probe.js draws of such runs; those without records are left out.
Json probe_drawn(const Json& runs);

// The sections of a page that has that as data.probe.
void add_probe_sections(const Json& runs, const Json& drawn, Body& body);

}  // namespace pages
}  // namespace norma
