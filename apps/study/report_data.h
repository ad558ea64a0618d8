#pragma once

#include "apps/study/judgement.h"

namespace norma {

// The report as one JSON object: what study_page, study_csv and study_markdown (apps/pages) draw.
Json report_data(const StudyState& state);

}  // namespace norma
