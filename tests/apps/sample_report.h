#pragma once

#include "core/config/json.h"

namespace norma {

// A report with everything that a study's page can show, made up for tests: no training gave these
// numbers. Six arms (batch norm over 2 to 32 samples, the first of which diverges in two seeds, and
// group norm), five seeds, a claim with its published curve, two axes.
Json sample_report();

}  // namespace norma
