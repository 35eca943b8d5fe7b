#pragma once

#include <cstddef>
#include <memory>

#include "snnff/run_file.hpp"
#include "snnff/training.hpp"

namespace snnff {

/// Records what the model's [recording] table asks for into the run file: opens the reports, and
/// presents the chosen samples every so many epochs and after the last. Both arguments must outlive
/// it. `shall_stop`, if there is one, is asked before every presentation; where it says so, the rest is left
/// out. Throws ModelError where the table asks for samples or neurons that are not there, FileError.
std::unique_ptr<Observer> make_recorder(Experiment& experiment, RunFileWriter& writer,
                                        ShallStop shall_stop = {});

/// Bytes that it and the reports of the run file hold; 0 where nothing is recorded.
std::size_t recording_memory(const Experiment& experiment);

/// Throws ModelError where [recording] asks for samples that are not there.
void check_recording(const Experiment& experiment);

}  // namespace snnff
