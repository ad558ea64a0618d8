# What the pages of all programs are made of, and D3, which draws their charts.

find_file(NORMA_D3 d3.min.js PATHS /usr/share/nodejs/d3/dist NO_DEFAULT_PATH
  DOC "D3's build for browsers; without it pages have tables and no charts")
mark_as_advanced(NORMA_D3)
set(d3 "")
if(NORMA_D3)
  set(d3 "${NORMA_D3}")
endif()
set(assets "${PROJECT_SOURCE_DIR}/apps/pages")
set(charts "")
foreach(file charts charts_frame charts_xy charts_rows charts_heat)
  list(APPEND charts "kCharts=${assets}/${file}.js")
endforeach()
foreach(file probe probe_norms probe_courses probe_landscape)
  list(APPEND charts "kProbeCharts=${assets}/${file}.js")
endforeach()
embed_texts(pages "kD3=${d3}" "kPage=${assets}/page.html" "kStyle=${assets}/style.css" ${charts}
  "kStudyCharts=${assets}/study.js" "kRunCharts=${assets}/runs.js")
