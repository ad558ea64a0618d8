# What the playground's page is made of. The engine is there compiled; `./norma engine` makes it anew.

set(assets "${PROJECT_SOURCE_DIR}/apps/classroom")
set(engine "${assets}/wasm/engine.wasm.gz")
set(engine_text "${generated}/engine.base64")
add_custom_command(
  OUTPUT "${engine_text}"
  COMMAND base64 "${engine}" > "${engine_text}"
  DEPENDS "${engine}"
  COMMENT "Writing the playground's engine as text"
  VERBATIM)
set(scripts "")
foreach(file engine state elements bars options formula panel derivative)
  list(APPEND scripts "kPlaygroundScript=${assets}/playground_${file}.js")
endforeach()
embed_texts(classroom "kEngine=${engine_text}" "kPlaygroundBody=${assets}/playground.html"
  "kPlaygroundStyle=${assets}/playground.css" ${scripts}
  "kPlaygroundScript=${assets}/playground.js")
