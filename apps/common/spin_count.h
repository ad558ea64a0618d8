#pragma once

namespace norma {

// Lets waiting OpenMP threads spin only for some microseconds before they sleep. GCC's OpenMP
// library spins for milliseconds, which takes the core from the thread that it waits for as soon as
// another program wants the cores too, and gains nothing on an idle machine.
//
// The library reads GOMP_SPINCOUNT when it is loaded, before main, so the program sets the variable
// and starts itself anew, once; nothing happens when GOMP_SPINCOUNT or OMP_WAIT_POLICY is set, as
// in the program so started. Call it first in main. Where starting anew is impossible the program
// goes on as it is: slower in company, otherwise the same.
void limit_thread_spinning(char** argv);

}  // namespace norma
