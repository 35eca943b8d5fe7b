#include "app/traces.hpp"

#include <utility>

#include "app/provenance.hpp"
#include "io/data_file.hpp"
#include "snnff/recorder.hpp"

namespace snnff::app {

bool record_traces(Trained trained, const TraceRequest& request, const std::atomic<int>& stop) {
    Experiment experiment{
        std::move(trained.model), {}, {}, std::move(trained.dataset), std::move(trained.network)};
    experiment.files = experiment.test.files;
    for (DataFile& file : experiment.files) file.role = request.split;
    RunFileWriter writer(request.output, request.force);
    try {
        Provenance provenance =
            provenance_of(experiment, {request.n_threads, "--threads"}, request.command_line);
        provenance.add("traced_run", std::filesystem::absolute(request.run).string());
        provenance.add("traced_run_sha256", data_file_at(request.run).sha256);
        writer.describe(experiment.model.title, to_toml(experiment.model.resolved), provenance);
        const auto recorder = make_recorder(experiment, writer, [&stop] { return stop != 0; });
        EpochReport after_training;
        after_training.epoch = trained.summary.n_epochs - 1;
        after_training.n_epochs = after_training.epoch + 1;
        recorder->on_epoch(after_training, experiment.network);
        if (stop != 0) {
            writer.discard();
            return false;
        }
        writer.close(RunStatus::complete);
        return true;
    } catch (...) {
        writer.discard();
        throw;
    }
}

}  // namespace snnff::app
