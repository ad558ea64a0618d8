#pragma once

namespace norma {

// Sends spdlog's messages to stderr. On a terminal they are bare, warnings and errors coloured, and
// appear above a progress bar; in a file or pipe every line has date, time and level. `quiet`
// leaves warnings and errors.
void set_up_log(bool quiet);

}  // namespace norma
